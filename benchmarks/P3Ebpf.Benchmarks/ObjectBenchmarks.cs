using BenchmarkDotNet.Attributes;

namespace P3Ebpf.Benchmarks;

/// <summary>Opening, relocating and loading the lottery scheduler's object (1 program, 60 CO-RE relocations). Loading needs root.</summary>
[MemoryDiagnoser]
public class ObjectBenchmarks
{
    private readonly string _object = Path.Combine(CapturedBtf.Root, "bpf", "sched_lottery.bpf.o");
    private BtfSpec _target = null!;

    [GlobalSetup]
    public void SetUp() => _target = BtfSpec.Parse(CapturedBtf.Bytes);

    [Benchmark]
    public BpfObjectSpec Open() => BpfObjectSpec.Read(_object);

    [Benchmark]
    public bool OpenAndRelocate() => BpfObjectSpec.Read(_object).Relocate(new CoreTarget(_target)).Succeeded;

    [Benchmark]
    public bool ParseTargetOpenAndRelocate() =>
        BpfObjectSpec.Read(_object).Relocate(new CoreTarget(BtfSpec.Parse(CapturedBtf.Bytes))).Succeeded;

    [Benchmark]
    public void Load()
    {
        var target = new CoreTarget(BtfSpec.Read(Kernel.BtfPath));
        BpfObjectSpec.Read(_object).Load(new BpfLoadOptions { Target = target }).Dispose();
    }

    [Benchmark]
    public int LibbpfLoad()
    {
        nint bpfObject = Libbpf.OpenObject(_object, 0);
        int result = Libbpf.LoadObject(bpfObject);
        Libbpf.CloseObject(bpfObject);
        return result;
    }
}
