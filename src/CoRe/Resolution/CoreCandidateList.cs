namespace P3Ebpf.CoRe;

/// <summary>The candidates for one local root type.</summary>
/// <remarks>
/// A relocation that some candidates match rules the others out for all later relocations of the same root; one that none matches
/// changes nothing. libbpf does the same, and it decides what is ambiguous.
/// </remarks>
internal sealed class CoreCandidateList(CoreCandidateType[] all)
{
    /// <summary>All that have the right name and kind.</summary>
    public CoreCandidateType[] All { get; } = all;

    /// <summary>Those that matched so far. Replaced, never changed, so that results may keep it.</summary>
    public CoreCandidateType[] Live { get; private set; } = all;

    /// <summary>Keeps only the candidates that matched, if any did.</summary>
    public void Prune(List<CoreCandidateType> matching)
    {
        if (matching.Count > 0 && matching.Count < Live.Length)
            Live = [.. matching];
    }
}
