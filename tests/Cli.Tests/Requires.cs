
namespace P3Ebpf.Cli.Tests;

/// <summary>What tests need of the machine; they skip where it is missing, and say what.</summary>
internal static class Requires
{
    private static readonly Lazy<string?> Obstacle = new(FindObstacle);

    public static void Bpf() => Assert.SkipWhen(Obstacle.Value is not null, Obstacle.Value ?? string.Empty);

    public static void PinnedLinks()
    {
        Bpf();
        Assert.SkipUnless(KernelFeature.PerfLink.IsSupported(), "Links of tracepoints can be pinned from Linux 5.15 on.");
    }

    public static void Root() => Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "Only root can become somebody else.");

    public static void Program(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(directory => File.Exists(Path.Combine(directory, name))),
        $"The program {name} is not installed.");

    private static string? FindObstacle()
    {
        try
        {
            using BpfMap map = BpfMap.Create(new BpfMapOptions { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
            using TraceFs traceFs = TraceFs.Open();
            return null;
        }
        catch (Exception e) when (e is BpfException { IsNotPermittedOrSupported: true } or PlatformNotSupportedException)
        {
            return e.Message;
        }
    }
}
