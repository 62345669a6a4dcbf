namespace P3Ebpf.CoRe;

/// <summary>How far comparisons of types go.</summary>
internal static class CoreDepth
{
    /// <summary>Levels of parameters and members, and pointers and arrays per level; libbpf's numbers.</summary>
    public const int Max = 32;

    /// <summary>Names to compare before types are taken for a trap: nested prototypes and structs multiply.</summary>
    public const int MaxComparisons = 1 << 25;

    public static CoreFailedException Exceeded() => new(CoreErrorCode.Einval, "the types nest too deeply to be compared");
}
