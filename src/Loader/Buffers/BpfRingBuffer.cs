using System.Runtime.CompilerServices;

namespace P3Ebpf.Loader.Buffers;

/// <summary>Reads a map of kind <see cref="BpfMapType.Ringbuf"/>: records of all CPUs in the order they were reserved. Linux 5.8.</summary>
/// <remarks>The kernel maps the data twice in a row, so that a record never wraps (kernel/bpf/ringbuf.c). A record is a 32-bit
/// length with two flags, 32 bits of the kernel's, and the data, rounded up to 8 bytes.</remarks>
public sealed unsafe class BpfRingBuffer : BpfEventBuffer
{
    private const uint Busy = 1u << 31;
    private const uint Discarded = 1u << 30;
    private const int HeaderSize = 8;

    private readonly MappedPages _consumer;
    private readonly MappedPages _producer;
    private readonly byte* _data;
    private readonly nuint _mask;

    /// <summary>Maps a ring buffer into memory. The map may be disposed while this lives.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.Ringbuf"/>.</param>
    /// <exception cref="ArgumentException">The map is of another kind.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfRingBuffer(BpfMap map)
        : this(Check(map).Handle.Duplicate(), map.MaxEntries, map.Description)
    {
    }

    private BpfRingBuffer(BpfHandle handle, uint size, string description)
        : base([handle], handle)
    {
        Handle = handle;
        int page = Environment.SystemPageSize;
        try
        {
            _consumer = new MappedPages(handle, 0, page, writable: true, description);
            _producer = new MappedPages(handle, page, page + (2L * size), writable: false, description);
        }
        catch
        {
            Dispose();
            throw;
        }
        _data = _producer.Start + page;
        _mask = size - 1;
    }

    private BpfHandle Handle { get; }

    /// <summary>Bytes that are waiting, headers included.</summary>
    public long AvailableBytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return (long)(Volatile.Read(ref Position(_producer)) - Volatile.Read(ref Position(_consumer)));
        }
    }

    private protected override int Drain(BpfRecordHandler handler, int limit)
    {
        int count = 0;
        nuint consumed = Volatile.Read(ref Position(_consumer));
        nuint produced = Volatile.Read(ref Position(_producer)); // read once: what comes meanwhile may come without end
        while (count < limit && !IsDisposed && consumed < produced)
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
                if (!IsDisposed)
                    Volatile.Write(ref Position(_consumer), consumed);
            }
        }
        return count;
    }

    private protected override void Release()
    {
        _producer?.Dispose();
        _consumer?.Dispose();
        Handle.Dispose();
    }

    // unsigned long at the start of the page
    private static ref nuint Position(MappedPages pages) => ref Unsafe.AsRef<nuint>(pages.Start);

    private static BpfMap Check(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map.Type == BpfMapType.Ringbuf ? map : throw new ArgumentException($"{map.Description} is not a ring buffer.", nameof(map));
    }
}
