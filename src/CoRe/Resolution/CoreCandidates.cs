using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The candidates for the root types of one object: looked up once for each root, as libbpf's <c>bpf_core_resolve_relo</c> does.</summary>
internal sealed class CoreCandidates(CoreTarget target)
{
    private readonly Dictionary<BtfTypeId, CoreCandidateList> _lists = [];
    private readonly List<CoreCandidateType> _found = [];

    /// <summary>The candidates for a root type of the object.</summary>
    public CoreCandidateList Of(BtfType root)
    {
        if (!_lists.TryGetValue(root.Id, out CoreCandidateList? list))
        {
            _found.Clear();
            target.FindCandidates(root, _found);
            list = new CoreCandidateList([.. _found]);
            _lists.Add(root.Id, list);
        }

        return list;
    }
}

/// <summary>The candidates for one local root type.</summary>
/// <remarks>
/// A relocation that some candidates match rules the others out for all later relocations of the same root; one that none matches
/// changes nothing. libbpf does the same (end of <c>bpf_core_calc_relo_insn</c>), and it decides what is ambiguous.
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

/// <summary>A type of the target that a local root type may correspond to.</summary>
internal readonly record struct CoreCandidateType(CoreTargetBtf Target, BtfTypeId Id)
{
    public BtfSpec Btf => Target.Btf;
}
