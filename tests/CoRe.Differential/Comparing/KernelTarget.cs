
namespace P3Ebpf.CoRe.Differential;

/// <summary>A captured kernel, for both sides: parsed, and in a file.</summary>
internal sealed class KernelTarget
{
    public KernelTarget(string name, string directory)
    {
        Name = name;
        Path = System.IO.Path.Combine(directory, name + ".btf");
        byte[] bytes = TestData.Btf(name);
        File.WriteAllBytes(Path, bytes);
        Btf = BtfSpec.Parse(bytes, new BtfReadOptions { Source = name });
        Target = new CoreTarget(Btf);
    }

    public string Name { get; }

    public string Path { get; }

    public BtfSpec Btf { get; }

    public CoreTarget Target { get; }

    public bool IsBigEndian => Btf.Header.ByteOrder == BtfByteOrder.BigEndian;

    /// <summary>All captured kernels.</summary>
    public static List<KernelTarget> All(string directory) =>
        [.. Directory.GetFiles(TestData.PathOf("testdata/btf"), "vmlinux-*.btf.gz").Order(StringComparer.Ordinal)
            .Select(file => new KernelTarget(System.IO.Path.GetFileName(file)[..^".btf.gz".Length], directory))];
}
