using System.Runtime.InteropServices;
using P3Ebpf.CoRe;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Tests;

/// <summary>What kernel tests share: whether they can run, small programs, and the count of open descriptors.</summary>
internal static class RequiresBpf
{
    private static readonly Lazy<string?> Obstacle = new(FindObstacle);

    /// <summary>r0 = 0; exit</summary>
    public static BpfInstruction[] ReturnZero => [MovImmediate(R0, 0), Exit()];

    public static void OrSkip() => Assert.SkipWhen(Obstacle.Value is not null, Obstacle.Value ?? "");

    public static void OrSkip(KernelFeature feature)
    {
        OrSkip();
        Assert.SkipUnless(feature.IsSupported(), feature.Requirement());
    }

    public static void OrSkip(BpfMapType type)
    {
        OrSkip();
        Assert.SkipWhen(type.Since() > KernelVersion.Current, $"{type} needs Linux {type.Since()}");
    }

    /// <summary>Open descriptors of kernel objects and mounts; the runtime opens files as it pleases.</summary>
    public static int OpenDescriptors => Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget)
        .Count(target => target is not null && (target == "/" || target.StartsWith("anon_inode:", StringComparison.Ordinal)));

    public static BpfProgram Load(
        ReadOnlySpan<BpfInstruction> instructions, BpfProgramType type = BpfProgramType.SocketFilter, string name = "test") =>
        BpfProgram.Load(new BpfProgramOptions { Type = type, License = "GPL", Name = name }, instructions);

    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static string? FindObstacle()
    {
        try
        {
            using BpfMap map = BpfMap.Create(new BpfMapOptions { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
            using BpfProgram program = Load(ReturnZero, BpfProgramType.Tracepoint);
            return null;
        }
        catch (Exception e) when (e is BpfException { IsNotPermittedOrSupported: true } or PlatformNotSupportedException)
        {
            return e.Message;
        }
    }
}
