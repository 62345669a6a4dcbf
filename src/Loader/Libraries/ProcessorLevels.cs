
namespace P3Ebpf.Loader.Libraries;

/// <summary>The levels of the x86-64 architecture for which a library may have special forms (<c>glibc-hwcaps</c>, glibc 2.33).</summary>
internal static class ProcessorLevels
{
    // The x86-64 psABI, micro-architecture levels, in the words of /proc/cpuinfo.
    private static readonly (string Level, string[] Flags)[] Levels =
    [
        ("x86-64-v2", ["cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3"]),
        ("x86-64-v3", ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"]),
        ("x86-64-v4", ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]),
    ];

    /// <summary>The levels that a machine's processor has, highest first.</summary>
    public static IReadOnlyList<string> Of(FileTree files, ElfMachine machine)
    {
        if (machine != ElfMachine.X64)
            return [];
        string line = files.ReadText("/proc/cpuinfo")?.Split('\n').FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal)) ?? string.Empty;
        HashSet<string> flags = [.. line.Split(' ')];
        return [.. Levels.TakeWhile(level => level.Flags.All(flags.Contains)).Select(level => level.Level).Reverse()];
    }
}
