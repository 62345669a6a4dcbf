namespace P3Ebpf.Benchmarks;

/// <summary>What a program does that uses the library, beside the same with libbpf, in this process.</summary>
internal sealed class LibraryWork
{
    private const uint StructKind = 4;
    private const int Names = 1000;

    private readonly string _btf = File.Exists(Kernel.BtfPath) ? Kernel.BtfPath : CapturedBtf.WriteFile();
    private readonly string _captured = CapturedBtf.WriteFile();
    private readonly string _heavy = Path.Combine(CapturedBtf.Root, "testdata", "bpf", "heavy.bpf.o");
    private readonly List<string> _names = [];

    public LibraryWork()
    {
        foreach (BtfType type in BtfSpec.Read(_btf).OwnTypes)
        {
            if (type.Kind == BtfKind.Struct && !type.Name.IsEmpty && type.Id.Value % 7 == 0 && _names.Count < Names)
                _names.Add(type.Name.ToString());
        }
    }

    /// <summary>All of it. Heavy is an object of 1,633 CO-RE relocations of 986 root types. libbpf relocates by loading, so it needs root.</summary>
    public IEnumerable<Work> All()
    {
        yield return new Work("parse the kernel's BTF by path", () => BtfSpec.Read(_btf), () => Libbpf.FreeBtf(Libbpf.ParseRaw(_btf)));
        yield return new Work("parse a file's BTF by path", () => BtfSpec.Read(_captured), () => Libbpf.FreeBtf(Libbpf.ParseRaw(_captured)));
        yield return new Work("parse, and find 1,000 structs by name", Find, FindByLibbpf);
        yield return new Work("open heavy", () => BpfObjectSpec.Read(_heavy), () => Libbpf.CloseObject(Libbpf.OpenObject(_heavy, 0)));
        yield return new Work("relocate heavy, all included", Relocate, () => LoadByLibbpf(Libbpf.OpenObject(_heavy, 0)));
        yield return new Work("load heavy, all included", Load, () => LoadByLibbpf(Libbpf.OpenObject(_heavy, 0)));
    }

    public void CleanUp() => File.Delete(_captured);

    private void Find()
    {
        BtfSpec spec = BtfSpec.Read(_btf);
        foreach (string name in _names)
            _ = spec.TryFind(name, BtfKind.Struct, out _);
    }

    private void FindByLibbpf()
    {
        nint btf = Libbpf.ParseRaw(_btf);
        foreach (string name in _names)
            _ = Libbpf.FindByNameAndKind(btf, name, StructKind);
        Libbpf.FreeBtf(btf);
    }

    private void Relocate()
    {
        if (!BpfObjectSpec.Read(_heavy).Relocate(new CoreTarget(BtfSpec.Read(_btf))).Succeeded)
            throw new InvalidOperationException($"{_heavy} does not relocate.");
    }

    private void Load()
    {
        var target = new CoreTarget(BtfSpec.Read(Kernel.BtfPath));
        BpfObjectSpec.Read(_heavy).Load(new BpfLoadOptions { Target = target }).Dispose();
    }

    private static void LoadByLibbpf(nint bpfObject)
    {
        _ = Libbpf.LoadObject(bpfObject);
        Libbpf.CloseObject(bpfObject);
    }
}
