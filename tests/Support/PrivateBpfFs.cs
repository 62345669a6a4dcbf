using System.Runtime.InteropServices;

namespace P3Ebpf.TestSupport;

/// <summary>A bpffs of the test's own, mounted on a temporary directory and gone with the test.</summary>
internal sealed partial class PrivateBpfFs : IDisposable
{
    private const int Detach = 2; // MNT_DETACH

    private readonly bool _mounted;

    public PrivateBpfFs()
    {
        Requires.Bpf();
        Root = Directory.CreateTempSubdirectory("p3ebpf-pins").FullName;
        _mounted = Mount("bpf", Root, "bpf", 0, null) == 0;
        if (_mounted)
            return;
        string why = Marshal.GetLastPInvokeErrorMessage();
        Dispose();
        Assert.Skip($"A bpffs may not be mounted here: {why}.");
    }

    public string Root { get; }

    /// <summary>The full path of a name in it.</summary>
    public string this[string name] => Path.Combine(Root, name);

    /// <summary>The paths of everything in it, at any depth; the kernel may put files of its own into a fresh mount.</summary>
    public IEnumerable<string> Entries => Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".debug", StringComparison.Ordinal));

    /// <summary>Removes everything in it.</summary>
    public void Clear()
    {
        foreach (string path in Entries.Order(StringComparer.Ordinal).Reverse().ToArray())
        {
            if (Directory.Exists(path))
                Directory.Delete(path);
            else
                File.Delete(path);
        }
    }

    public void Dispose()
    {
        if (_mounted)
            _ = Unmount(Root, Detach);
        Directory.Delete(Root);
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
