using BenchmarkDotNet.Attributes;

namespace P3Ebpf.Benchmarks;

/// <summary>
/// Opening and relocating an object of 28 programs with 1,800 CO-RE relocations of 900 root types against a kernel's BTF (5.4 MB).
/// </summary>
[MemoryDiagnoser]
public class RelocationBenchmarks
{
    private readonly string _object = Path.Combine(CapturedBtf.Root, "testdata", "bpf", "many_relocations.bpf.o");
    private string _file = string.Empty;
    private BtfSpec _target = null!;
    private BpfObjectSpec _spec = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _file = CapturedBtf.WriteFile();
        _target = BtfSpec.Parse(CapturedBtf.Bytes);
        _spec = BpfObjectSpec.Read(_object);
        if (!Relocate())
            throw new InvalidOperationException($"{_object} does not relocate.");
    }

    [GlobalCleanup]
    public void CleanUp() => File.Delete(_file);

    /// <summary>All that a loader does before the kernel: reads the target's file, parses it, builds the name index, opens, relocates.</summary>
    [Benchmark]
    public bool ReadTargetOpenAndRelocate() => BpfObjectSpec.Read(_object).Relocate(new CoreTarget(BtfSpec.Read(_file))).Succeeded;

    [Benchmark]
    public bool OpenAndRelocate() => BpfObjectSpec.Read(_object).Relocate(new CoreTarget(_target)).Succeeded;

    [Benchmark]
    public bool Relocate() => _spec.Relocate(new CoreTarget(_target)).Succeeded;

    /// <summary>
    /// libbpf relocates as a part of loading. The verifier then refuses the first program after a few instructions, which takes no time
    /// beside the rest. Needs root.
    /// </summary>
    [Benchmark]
    public int LibbpfReadTargetOpenAndRelocate()
    {
        _ = Libbpf.SetPrint(0);
        nint bpfObject = Libbpf.OpenObject(_object, _file);
        int result = Libbpf.LoadObject(bpfObject);
        Libbpf.CloseObject(bpfObject);
        return result;
    }
}
