using System.Text;

namespace P3Ebpf.TestSupport;

/// <summary>A directory that stands for the root of a machine: a kernel 6.1 with BTF, and libbpf 1.7.0 according to pkg-config.</summary>
internal sealed class PlantedMachine : IDisposable
{
    public const string Release = "6.1.0-56-cloud-amd64";
    public const string Loader = "/opt/lottery/bin/loader";
    public const string SystemLibbpf = "/usr/lib/x86_64-linux-gnu/libbpf.so.1.7.0";

    /// <summary>What the report that started all this shows.</summary>
    public const string ReportedLog = """
        libbpf: failed to parse target BTF: -22
        libbpf: failed to perform CO-RE relocations: -22
        libbpf: failed to load object '/home/p3/bpf/sched_lottery.bpf.o'
        """;

    private static readonly Lazy<byte[]> LazyKernelBtf = new(() => TestData.Btf("vmlinux-" + Release));

    public PlantedMachine(bool hasKernelBtf = true)
    {
        Root = Directory.CreateTempSubdirectory("p3ebpf-doctor-").FullName;
        Add("/proc/sys/kernel/osrelease", Release + "\n");
        Add("/usr/lib/x86_64-linux-gnu/pkgconfig/libbpf.pc", "prefix=/usr\n\nName: libbpf\nVersion: 1.7.0\n");
        if (hasKernelBtf)
            Add("/sys/kernel/btf/vmlinux", KernelBtf);
    }

    public static byte[] KernelBtf => LazyKernelBtf.Value;

    public static string Object => TestData.PathOf("bpf/sched_lottery.bpf.o");

    public string Root { get; }

    public string this[string path] => Root + path;

    public void Add(string path, byte[] content)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        File.WriteAllBytes(Root + path, content);
    }

    public void Add(string path, string content) => Add(path, Encoding.UTF8.GetBytes(content));

    public void Add(string path, TinyElf elf) => Add(path, elf.Build());

    public void Link(string path, string target)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(Root + path)!);
        _ = File.CreateSymbolicLink(Root + path, target);
    }

    /// <summary>The library that is installed properly: 1.7.0, in the multiarch directory and in the cache.</summary>
    public void AddSystemLibbpf()
    {
        Add(SystemLibbpf, TinyElf.Libbpf("1.7.0"));
        Link("/usr/lib/x86_64-linux-gnu/libbpf.so.1", "libbpf.so.1.7.0");
        Link("/lib", "usr/lib");
        Add("/etc/ld.so.cache", CacheFile.Build(false, ("libbpf.so.1", "/lib/x86_64-linux-gnu/libbpf.so.1", null)));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
