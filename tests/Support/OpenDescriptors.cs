namespace P3Ebpf.Loader.Tests;

/// <summary>What tests that load objects share: whether they can, and what they must not leave behind.</summary>
internal static class KernelAccess
{
    private static readonly Lazy<string?> Obstacle = new(FindObstacle);

    /// <summary>Skips where programs cannot be loaded, or the kernel is older than what the test needs.</summary>
    public static void Require(int major = 0, int minor = 0)
    {
        Assert.SkipWhen(Obstacle.Value is not null, Obstacle.Value ?? string.Empty);
        Assert.SkipUnless(KernelVersion.Current >= new Version(major, minor), $"It needs Linux {major}.{minor}.");
    }

    /// <summary>Open descriptors of kernel objects; the runtime opens files as it pleases.</summary>
    public static string[] Descriptors => [.. Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget).OfType<string>()
        .Where(target => target.StartsWith("anon_inode:", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Runs a networking program on an empty packet.</summary>
    public static uint Run(this BpfObject loaded, string program) => loaded.Programs[program].TestRun(data: new byte[64], repeat: 1).ReturnValue;

    private static string? FindObstacle()
    {
        try
        {
            using BpfObject loaded = ObjectFile.Read("no_such_tracepoint").Load();
            return null;
        }
        catch (Exception e) when (e is BpfException { IsNotPermittedOrSupported: true } or PlatformNotSupportedException)
        {
            return e.Message;
        }
    }
}
