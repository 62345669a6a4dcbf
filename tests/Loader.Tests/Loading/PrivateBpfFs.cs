
namespace P3Ebpf.Loader.Tests;

/// <summary>A bpffs of a test's own, gone with it.</summary>
internal sealed class PrivateBpfFs : IDisposable
{
    private readonly bool _mounted;

    public PrivateBpfFs()
    {
        Root = Directory.CreateTempSubdirectory("p3ebpf-pins").FullName;
        _mounted = Libc.Mount("bpf", Root, "bpf", 0, null) == 0;
        if (_mounted)
            return;
        Dispose();
        Assert.Skip("bpffs may not be mounted here.");
    }

    public string Root { get; }

    /// <summary>What is pinned; the kernel may put files of its own into a fresh mount.</summary>
    public string[] Pins => [.. Directory.EnumerateFileSystemEntries(Root).Select(p => Path.GetFileName(p)).Where(p => !p.EndsWith(".debug", StringComparison.Ordinal))];

    public void Dispose()
    {
        if (_mounted)
            _ = Libc.Unmount(Root, 0);
        Directory.Delete(Root);
    }
}
