using System.Runtime.CompilerServices;

namespace P3Ebpf.Loader.Buffers;

/// <summary>Reads maps of kind <see cref="BpfMapType.Ringbuf"/>: records of all CPUs in the order they were reserved. Linux 5.8.</summary>
/// <remarks>The kernel maps the data twice in a row, so that a record never wraps (kernel/bpf/ringbuf.c). A record is a 32-bit
/// length with two flags, 32 bits of the kernel's, and the data, rounded up to 8 bytes.</remarks>
public sealed class BpfRingBuffer : BpfEventBuffer
{
    private readonly Ring[] _rings;
    private int _first;

    /// <summary>Maps a ring buffer into memory. The map may be disposed while this lives.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.Ringbuf"/>.</param>
    /// <exception cref="ArgumentException">The map is of another kind.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfRingBuffer(BpfMap map)
        : this([map])
    {
    }

    /// <summary>Maps several ring buffers into memory, for one reader that waits for all: <see cref="CurrentMap"/> says which a record comes from.</summary>
    /// <param name="maps">Maps of kind <see cref="BpfMapType.Ringbuf"/>. The maps may be disposed while this lives.</param>
    /// <exception cref="ArgumentException">There is none, or one is of another kind.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfRingBuffer(IReadOnlyCollection<BpfMap> maps)
        : this(OpenAll(maps))
    {
    }

    private BpfRingBuffer(Ring[] rings)
        : base(rings.Length == 1 ? rings[0].Map.Spec : null, [.. rings.Select(ring => ring.Handle)], [.. rings]) => _rings = rings;

    /// <summary>While a handler or reader runs: the map that the record comes from. Otherwise the last one, <see langword="null"/> before the first record.</summary>
    public BpfMap? CurrentMap { get; private set; }

    /// <summary>Bytes that are waiting, headers included.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public long AvailableBytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _rings.Sum(ring => ring.AvailableBytes);
        }
    }

    private protected override int Drain(BpfRecordHandler handler, int limit)
    {
        int count = 0;
        for (int i = 0; i < _rings.Length && count < limit && !IsDisposed; i++)
        {
            // Where there is a limit, another ring is the first each time, so that none waits for ever.
            Ring ring = _rings[(_first + i) % _rings.Length];
            CurrentMap = ring.Map;
            count += ring.Drain(handler, limit - count, this);
        }

        _first = (_first + 1) % _rings.Length;
        return count;
    }

    private protected override void Release()
    {
        foreach (Ring ring in _rings)
            ring.Dispose();
    }

    private static Ring[] OpenAll(IReadOnlyCollection<BpfMap> maps)
    {
        ArgumentNullException.ThrowIfNull(maps);
        if (maps.Count == 0)
            throw new ArgumentException("There is no map to read.", nameof(maps));
        List<Ring> rings = [];
        try
        {
            foreach (BpfMap map in maps)
            {
                ArgumentNullException.ThrowIfNull(map, nameof(maps));
                if (map.Type != BpfMapType.Ringbuf)
                    throw new ArgumentException($"{map.Description} is not a ring buffer.", nameof(maps));
                rings.Add(new Ring(map));
            }

            return [.. rings];
        }
        catch
        {
            foreach (Ring ring in rings)
                ring.Dispose();
            throw;
        }
    }

    /// <summary>One map in memory.</summary>
    private sealed unsafe class Ring : IDisposable
    {
        private const uint Busy = 1u << 31;
        private const uint Discarded = 1u << 30;
        private const int HeaderSize = 8;

        private readonly MappedPages _consumer;
        private readonly MappedPages _producer;
        private readonly byte* _data;
        private readonly nuint _mask;

        public Ring(BpfMap map)
        {
            int page = Environment.SystemPageSize;
            Map = map;
            Handle = map.Handle.Duplicate();
            try
            {
                _consumer = new MappedPages(Handle, 0, page, writable: true, map.Description);
                _producer = new MappedPages(Handle, page, page + (2L * map.MaxEntries), writable: false, map.Description);
            }
            catch
            {
                _consumer?.Dispose();
                Handle.Dispose();
                throw;
            }

            _data = _producer.Start + page;
            _mask = map.MaxEntries - 1;
        }

        public BpfMap Map { get; }

        public BpfHandle Handle { get; }

        public long AvailableBytes
        {
            get
            {
                using MappedPages.Use consumer = _consumer.Borrow();
                using MappedPages.Use producer = _producer.Borrow();
                return (long)(Volatile.Read(ref Position(_producer)) - Volatile.Read(ref Position(_consumer)));
            }
        }

        public int Drain(BpfRecordHandler handler, int limit, BpfRingBuffer buffer)
        {
            int count = 0;
            nuint consumed = Volatile.Read(ref Position(_consumer));
            nuint produced = Volatile.Read(ref Position(_producer)); // read once: what comes meanwhile may come without end
            while (count < limit && !buffer.IsDisposed && consumed < produced)
            {
                byte* record = _data + (consumed & _mask);
                uint header = Volatile.Read(ref *(uint*)record);
                if ((header & Busy) != 0)
                    break; // reserved, not yet submitted

                uint length = header & ~(Busy | Discarded);
                consumed += (length + HeaderSize + 7) & ~(nuint)7;
                try
                {
                    if ((header & Discarded) == 0)
                    {
                        count++;
                        handler(new ReadOnlySpan<byte>(record + HeaderSize, (int)length));
                    }
                }
                finally
                {
                    if (!buffer.IsDisposed)
                        Volatile.Write(ref Position(_consumer), consumed);
                }
            }

            return count;
        }

        public void Dispose()
        {
            _producer.Dispose();
            _consumer.Dispose();
            Handle.Dispose();
        }

        // unsigned long at the start of the page
        private static ref nuint Position(MappedPages pages) => ref Unsafe.AsRef<nuint>(pages.Start);
    }
}
