using BenchmarkDotNet.Attributes;

namespace P3Ebpf.Benchmarks;

/// <summary>Reading a kernel's BTF (5.4 MB, 124,639 types) and finding types in it.</summary>
[MemoryDiagnoser]
public class BtfBenchmarks
{
    private const uint StructKind = 4;

    private readonly List<string> _names = [];
    private string _file = string.Empty;
    private BtfSpec _spec = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _file = CapturedBtf.WriteFile();
        _spec = BtfSpec.Parse(CapturedBtf.Bytes);
        foreach (BtfType type in _spec.OwnTypes)
        {
            if (type.Kind == BtfKind.Struct && !type.Name.IsEmpty && type.Id.Value % 7 == 0 && _names.Count < 1000)
                _names.Add(type.Name.ToString());
        }
    }

    [GlobalCleanup]
    public void CleanUp() => File.Delete(_file);

    [Benchmark]
    public BtfSpec ReadFileAndParse() => BtfSpec.Read(_file);

    [Benchmark]
    public BtfSpec Parse() => BtfSpec.Parse(CapturedBtf.Bytes);

    [Benchmark]
    public int ParseAndFind1000Structs() => Find(BtfSpec.Parse(CapturedBtf.Bytes));

    [Benchmark]
    public int Find1000StructsAgain() => Find(_spec);

    [Benchmark]
    public void LibbpfReadFileAndParse() => Libbpf.FreeBtf(Libbpf.ParseRaw(_file));

    [Benchmark]
    public int LibbpfParseAndFind1000Structs()
    {
        nint btf = Libbpf.ParseRaw(_file);
        int found = 0;
        foreach (string name in _names)
            found += Libbpf.FindByNameAndKind(btf, name, StructKind) > 0 ? 1 : 0;
        Libbpf.FreeBtf(btf);
        return found;
    }

    private int Find(BtfSpec spec)
    {
        int found = 0;
        foreach (string name in _names)
            found += spec.TryFind(name, BtfKind.Struct, out _) ? 1 : 0;
        return found;
    }
}
