namespace P3Ebpf.Cli.Tests;

/// <summary>A bpffs of the test's own, mounted on a temporary directory.</summary>
internal sealed class PrivateBpfFs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("p3ebpf-cli-test").FullName;
    private readonly bool _mounted;

    public PrivateBpfFs()
    {
        try
        {
            Requires.Bpf();
            Requires.Program("mount");
            CliResult mount = Cli.Execute(["mount", "-t", "bpf", "bpf", _directory]);
            _mounted = mount.ExitCode == 0;
            Assert.SkipUnless(_mounted, $"A bpffs may not be mounted here: {mount.Error}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Everything in it but what the kernel puts there.</summary>
    public IEnumerable<string> Entries => Directory.EnumerateFileSystemEntries(_directory, "*", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".debug", StringComparison.Ordinal));

    public string this[string name] => Path.Combine(_directory, name);

    public void Dispose()
    {
        if (_mounted)
            _ = Cli.Execute(["umount", "-l", _directory]);
        Directory.Delete(_directory, recursive: true);
    }
}
