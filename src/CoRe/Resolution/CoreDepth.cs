namespace P3Ebpf.CoRe;

/// <summary>How far comparisons of types go.</summary>
internal static class CoreDepth
{
    /// <summary>Levels of parameters and members, and pointers and arrays per level; libbpf's numbers.</summary>
    public const int Max = 32;

    /// <summary>Types to compare before they are taken for a trap: nested prototypes and structs multiply. Real ones stay below 10,000.</summary>
    public const int MaxTypes = 1 << 18;

    /// <summary>Names to compare before types are taken for a trap. An enum of 5,000 values needs half of it.</summary>
    public const int MaxNames = 1 << 25;

    /// <summary>More than any array has; libbpf would never return from circular ones.</summary>
    public const int MaxDimensions = 1024;

    public static CoreFailedException Exceeded() => new(CoreErrorCode.Einval, "the types nest too deeply to be compared");
}
