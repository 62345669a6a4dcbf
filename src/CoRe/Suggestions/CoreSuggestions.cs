using System.Collections.Concurrent;
using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>How much may still be looked at for the sake of advice, in all relocations of one object together: a multiple of the target, whatever the object asks.</summary>
internal sealed class CoreSearchBudget(long steps)
{
    private long _left = steps;

    /// <summary>Whether one more type, member or enumerator may be looked at.</summary>
    public bool Take() => Interlocked.Decrement(ref _left) >= 0;
}

/// <summary>Advice for the relocations of one object against one target. Safe for concurrent use.</summary>
internal sealed class CoreSuggestions
{
    private const long MinSteps = 1 << 20;

    /// <summary>A search looks at each type twice and at all members once: enough for some sixty types that a kernel lacks.</summary>
    private const long StepsForType = 256;

    /// <summary>A type with fewer named members than this could be anything.</summary>
    private const int MinMembers = 2;

    private readonly CoreTarget _target;
    private readonly ConcurrentDictionary<BtfTypeId, string> _ofTypes = new();

    public CoreSuggestions(CoreTarget target)
    {
        _target = target;
        Budget = new CoreSearchBudget(MinSteps + (StepsForType * target.Searched.Sum(btf => (long)btf.Types.Count)));
    }

    public CoreSearchBudget Budget { get; }

    /// <summary>The type that a missing one may have become.</summary>
    public string ForType(CoreAccess local) => _ofTypes.GetOrAdd(local.RootId, _ => SearchType(local));

    private string SearchType(CoreAccess local)
    {
        string guard = $"guard the access with bpf_core_type_exists({local.RootText()})";
        BtfType root = local.Root;
        if (FindSimilarName(root) is { } similar)
            return $"The target has {similar}. Check the name, or {guard}.";
        if (FindSameMembers(local.Btf, root) is { } same)
            return $"{same} of the target has the same members, and may be its new name. Declare both, and {guard}.";
        return $"If it belongs to a module, load the module; if not every target has it, {guard}.";
    }

    private string? FindSimilarName(BtfType root)
    {
        ReadOnlySpan<byte> wanted = BtfEssentialName.Of(root.Name.Bytes);
        BtfType best = default;
        int bestDistance = BtfNameDistance.Unlike;
        foreach (CoreTargetBtf btf in _target.Searched)
        {
            foreach (BtfType type in btf.Types)
            {
                if (!Budget.Take())
                    return null;
                if (!CoreKinds.AreCompatible(root.Kind, type.Kind))
                    continue;
                BtfString name = type.Name;
                int distance = name.IsEmpty ? BtfNameDistance.Unlike : BtfNameDistance.Between(wanted, name.Bytes);
                if (distance < bestDistance)
                {
                    best = type;
                    bestDistance = distance;
                }
            }
        }

        return best.IsVoid ? null : CoreAccess.Named(best);
    }

    /// <summary>The smallest type of the same kind that has all the names of the local one's members.</summary>
    private string? FindSameMembers(BtfSpec local, BtfType root)
    {
        HashSet<BtfString> wanted = [.. CoreMembers.Of(local, root, Budget).Select(member => member.Name)];
        if (wanted.Count < MinMembers)
            return null;
        BtfType best = default;
        int bestCount = int.MaxValue;
        var found = new HashSet<BtfString>();
        List<BtfMember> members = [];
        foreach (CoreTargetBtf btf in _target.Searched)
        {
            foreach (BtfType type in btf.Types)
            {
                if (!Budget.Take())
                    return null;
                if (type.Kind != root.Kind || type.Name.IsEmpty)
                    continue;
                CoreMembers.Read(btf.Btf, type, members, Budget);
                if (members.Count >= bestCount || members.Count < wanted.Count)
                    continue;
                found.Clear();
                foreach (BtfMember member in members)
                {
                    if (wanted.Contains(member.Name))
                        _ = found.Add(member.Name);
                }

                if (found.Count == wanted.Count)
                {
                    best = type;
                    bestCount = members.Count;
                }
            }
        }

        return best.IsVoid ? null : CoreAccess.Named(best);
    }
}
