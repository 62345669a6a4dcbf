namespace P3Ebpf.CoRe;

/// <summary>What is used of one type of a target.</summary>
internal sealed class CoreUsage
{
    private CoreUsageDepth? _depth;

    /// <summary>The members or enumerators, by index.</summary>
    public SortedSet<int> Elements { get; } = [];

    /// <summary>Whether a pointer goes on pointing at its type.</summary>
    public bool KeepsPointee { get; set; }

    /// <summary>Notes that the type is looked at to this depth.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Deepen(CoreUsageDepth depth)
    {
        if (_depth >= depth)
            return false;
        _depth = depth;
        return true;
    }
}
