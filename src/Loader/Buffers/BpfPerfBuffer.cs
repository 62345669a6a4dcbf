using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Buffers;

/// <summary>Reads a map of kind <see cref="BpfMapType.PerfEventArray"/>: a ring for each CPU. Prefer <see cref="BpfRingBuffer"/> from
/// Linux 5.8 on.</summary>
public sealed unsafe class BpfPerfBuffer : BpfEventBuffer
{
    private const uint LostRecord = 2; // PERF_RECORD_LOST
    private const uint SampleRecord = 9; // PERF_RECORD_SAMPLE
    private const int HeaderSize = 8; // struct perf_event_header: u32 type, u16 misc, u16 size
    private const int HeadOffset = 1024; // struct perf_event_mmap_page.data_head
    private const int TailOffset = 1032;

    private readonly CpuRing[] _rings;
    private byte[] _wrapped = [];

    /// <summary>Opens a ring for each online CPU and enters it in the map.</summary>
    /// <param name="map">A map of kind <see cref="BpfMapType.PerfEventArray"/>.</param>
    /// <param name="pagesPerCpu">Data pages of each ring, a power of two.</param>
    /// <exception cref="ArgumentException">The map is of another kind, or the number no power of two.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfPerfBuffer(BpfMap map, int pagesPerCpu = 64)
        : this(OpenAll(map, pagesPerCpu), map.Spec)
    {
    }

    private BpfPerfBuffer(CpuRing[] rings, BpfMapSpec? spec)
        : base(spec, [.. rings.Select(ring => ring.Event)], [.. rings]) => _rings = rings;

    /// <summary>The CPU whose record the handler is looking at.</summary>
    public int CurrentCpu { get; private set; }

    /// <summary>Records that did not fit so far.</summary>
    public ulong LostCount { get; private set; }

    private protected override int Drain(BpfRecordHandler handler, int limit)
    {
        int count = 0;
        foreach (CpuRing ring in _rings)
        {
            if (IsDisposed)
                break;
            ulong head = Volatile.Read(ref Head(ring)); // read once: what comes meanwhile may come without end
            while (count < limit && !IsDisposed && TryDrainOne(ring, head, handler, out bool sample))
                count += sample ? 1 : 0;
        }

        return count;
    }

    private bool TryDrainOne(CpuRing ring, ulong head, BpfRecordHandler handler, out bool sample)
    {
        ref ulong tail = ref Unsafe.AsRef<ulong>(ring.Pages.Start + TailOffset);
        ulong position = tail;
        sample = false;
        if (position == head)
            return false;

        byte* data = ring.Pages.Start + Environment.SystemPageSize;
        byte* start = data + (position & (ulong)(ring.Size - 1));
        uint type = *(uint*)start; // records are multiples of 8 bytes: a header never wraps
        int size = *(ushort*)(start + 6);
        ReadOnlySpan<byte> record = Contiguous(ring, data, start, size)[HeaderSize..];
        try
        {
            if (type == SampleRecord)
            {
                sample = true;
                CurrentCpu = ring.Cpu;
                handler(record.Slice(sizeof(uint), (int)MemoryMarshal.Read<uint>(record)));
            }
            else if (type == LostRecord)
            {
                LostCount += MemoryMarshal.Read<ulong>(record[sizeof(ulong)..]);
            }
        }
        finally
        {
            if (!IsDisposed)
                Volatile.Write(ref tail, position + (ulong)size);
        }
        return true;
    }

    private static ref ulong Head(CpuRing ring) => ref Unsafe.AsRef<ulong>(ring.Pages.Start + HeadOffset);

    // A record that goes on at the ring's beginning is put together in a buffer.
    private ReadOnlySpan<byte> Contiguous(CpuRing ring, byte* data, byte* start, int size)
    {
        int untilEnd = (int)(ring.Size - (start - data));
        if (size <= untilEnd)
            return new ReadOnlySpan<byte>(start, size);

        if (_wrapped.Length < size)
            _wrapped = new byte[ushort.MaxValue + 1];
        new ReadOnlySpan<byte>(start, untilEnd).CopyTo(_wrapped);
        new ReadOnlySpan<byte>(data, size - untilEnd).CopyTo(_wrapped.AsSpan(untilEnd));
        return _wrapped.AsSpan(0, size);
    }

    private protected override void Release()
    {
        foreach (CpuRing ring in _rings)
            ring.Dispose();
    }

    private static CpuRing[] OpenAll(BpfMap map, int pages)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type != BpfMapType.PerfEventArray)
            throw new ArgumentException($"{map.Description} is not a perf event array.", nameof(map));
        if (pages <= 0 || !int.IsPow2(pages))
            throw new ArgumentException("The number of pages must be a power of two.", nameof(pages));

        List<CpuRing> rings = [];
        try
        {
            foreach (int cpu in KernelCpus.Online.Where(cpu => cpu < map.MaxEntries))
            {
                rings.Add(new CpuRing(cpu, pages));
                map.Update(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in cpu)), rings[^1].Event);
            }
            return [.. rings];
        }
        catch
        {
            foreach (CpuRing ring in rings)
                ring.Dispose();
            throw;
        }
    }

    private sealed class CpuRing : IDisposable
    {
        public CpuRing(int cpu, int pages)
        {
            PerfEventAttr attributes = default;
            attributes.Type = 1; // PERF_TYPE_SOFTWARE
            attributes.Config = 10; // PERF_COUNT_SW_BPF_OUTPUT
            attributes.SampleType = 1 << 10; // PERF_SAMPLE_RAW
            attributes.SamplePeriod = 1;
            attributes.WakeupEvents = 1;
            int descriptor = BpfSystemCall.PerfEventOpen(ref attributes, pid: -1, cpu);
            if (descriptor < 0)
                throw new BpfException($"opening the perf buffer of CPU {cpu}", -descriptor);

            Cpu = cpu;
            Event = BpfHandle.Own(descriptor);
            Size = (long)pages * Environment.SystemPageSize;
            try
            {
                Pages = new MappedPages(Event, 0, Size + Environment.SystemPageSize, writable: true, $"the perf buffer of CPU {cpu}");
            }
            catch
            {
                Event.Dispose();
                throw;
            }
        }

        public int Cpu { get; }

        public BpfHandle Event { get; }

        public MappedPages Pages { get; }

        public long Size { get; }

        public void Dispose()
        {
            Pages.Dispose();
            Event.Dispose();
        }
    }
}
