using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using P3Ebpf.Loader.Buffers;
using P3Ebpf.Loader.Links;
using P3Ebpf.Loader.Programs;
using P3Ebpf.Object.Sections;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Benchmarks;

/// <summary>What a program does with what it has loaded: events, entries of maps, links. Needs root.</summary>
internal sealed unsafe partial class KernelWork : IDisposable
{
    private const int RingBytes = 1 << 24;
    private const int EventsAtOnce = 500_000; // 16 bytes each; the ring holds twice as many, and 20 runs make ten million
    private const int Entries = 100_000;
    private const int Lookups = 10_000;
    private const int Batch = 10_000;
    private const int Links = 20;
    private const string Tracepoint = "sys_enter";
    private const string Library = "libbpf.so.1";

    private static long s_seen;

    private readonly BpfMap _ring = BpfMap.Create(new BpfMapSpec("events") { Type = BpfMapType.Ringbuf, MaxEntries = RingBytes });
    private readonly BpfMap _table = BpfMap.Create(new BpfMapSpec("table") { Type = BpfMapType.Hash, KeySize = sizeof(uint), ValueSize = sizeof(ulong), MaxEntries = 2 * Entries });
    private readonly BpfHashMap<uint, ulong> _typed;
    private readonly BpfRingBuffer _ours;
    private readonly nint _theirs;
    private readonly BpfProgram _producer;
    private readonly BpfProgram _idle;
    private readonly byte[] _keys = new byte[Batch * sizeof(uint)];
    private readonly byte[] _values = new byte[Batch * sizeof(ulong)];

    public KernelWork()
    {
        _typed = new BpfHashMap<uint, ulong>(_table);
        uint[] keys = [.. Enumerable.Range(0, Entries).Select(i => (uint)i)];
        _table.UpdateBatch(MemoryMarshal.AsBytes<uint>(keys), new byte[Entries * sizeof(ulong)]);
        _ours = new BpfRingBuffer(_ring);
        _producer = Load(
            BpfProgramType.SocketFilter,
            [
                .. LoadMapFd(R1, _ring.Handle.Descriptor), Mov(R2, R10), AddImmediate(R2, -8), StoreImmediate(BpfAccessSize.DoubleWord, R10, -8, 1), MovImmediate(R3, 8),
                MovImmediate(R4, 1), Call(BpfHelper.RingbufOutput), MovImmediate(R0, 0), Exit(),
            ]);
        if (Libbpf.IsInstalled)
            _theirs = NewRing(_ring.Handle.Descriptor, &OnEvent, 0, 0);
        _idle = Load(BpfProgramType.RawTracepoint, [MovImmediate(R0, 0), Exit()]);
    }

    public IEnumerable<Work> All()
    {
        BpfRecordHandler count = static record => s_seen += record.Length;
        yield return new Work("ring buffer: an event", () => _ours.Consume(count), () => _ = ConsumeRing(_theirs), EventsAtOnce) { Prepare = Produce };
        yield return new Work("map: look an entry up", LookUp, LookUpByLibbpf, Lookups);
        yield return new Work("map: an entry of a batch of 10,000", ReadBatches, ReadBatchesByLibbpf, Entries);
        yield return new Work("map: an entry while going through all", Enumerate, EnumerateByLibbpf, Entries);
        yield return new Work("link: attach and detach a raw tracepoint", Attach, AttachByLibbpf, Links);
    }

    public void Dispose()
    {
        if (_theirs != 0)
            FreeRing(_theirs);
        _ours.Dispose();
        _producer.Dispose();
        _idle.Dispose();
        _table.Dispose();
        _ring.Dispose();
    }

    private static BpfProgram Load(BpfProgramType type, ReadOnlySpan<BpfInstruction> instructions) =>
        BpfProgram.Load(new BpfProgramOptions { Type = type, License = "GPL", Name = "comparison" }, instructions);

    private void Produce() => _producer.TestRun(data: new byte[64], repeat: EventsAtOnce);

    private void LookUp()
    {
        for (uint i = 0; i < Lookups; i++)
            _ = _typed.TryGetValue(i, out _);
    }

    private void ReadBatches()
    {
        byte[]? position = null;
        do
            _ = _table.LookupBatch(ref position, _keys, _values);
        while (position is not null);
    }

    private void Enumerate()
    {
        foreach (BpfMapEntry entry in _table.Entries())
            s_seen += entry.Key.Length;
    }

    private void Attach()
    {
        for (int i = 0; i < Links; i++)
            RawTracepointLink.Attach(_idle, new BpfRawTracepoint(Tracepoint)).Dispose();
    }

    private void LookUpByLibbpf()
    {
        int table = _table.Handle.Descriptor;
        ulong value;
        for (uint i = 0; i < Lookups; i++)
            _ = LookupElement(table, &i, &value);
    }

    private void ReadBatchesByLibbpf()
    {
        int table = _table.Handle.Descriptor;
        uint position = 0;
        fixed (byte* keys = _keys)
        fixed (byte* values = _values)
        {
            void* from = null;
            uint count = Batch;
            for (; LookupBatch(table, from, &position, keys, values, &count, 0) == 0; count = Batch)
                from = &position;
        }
    }

    private void EnumerateByLibbpf()
    {
        int table = _table.Handle.Descriptor;
        uint key = 0;
        ulong value;
        void* from = null;
        while (NextKey(table, from, &key) == 0)
        {
            _ = LookupElement(table, &key, &value);
            from = &key;
        }
    }

    private void AttachByLibbpf()
    {
        int program = _idle.Handle.Descriptor;
        for (int i = 0; i < Links; i++)
            _ = Close(OpenRawTracepoint(Tracepoint, program));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnEvent(void* context, void* data, nuint size)
    {
        s_seen += (long)size;
        return 0;
    }

    [LibraryImport(Library, EntryPoint = "ring_buffer__new")]
    private static partial nint NewRing(int map, delegate* unmanaged[Cdecl]<void*, void*, nuint, int> onEvent, nint context, nint options);

    [LibraryImport(Library, EntryPoint = "ring_buffer__consume")]
    private static partial int ConsumeRing(nint ring);

    [LibraryImport(Library, EntryPoint = "ring_buffer__free")]
    private static partial void FreeRing(nint ring);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem")]
    private static partial int LookupElement(int map, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_get_next_key")]
    private static partial int NextKey(int map, void* key, void* next);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_batch")]
    private static partial int LookupBatch(int map, void* from, void* to, void* keys, void* values, uint* count, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_raw_tracepoint_open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenRawTracepoint(string name, int program);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
