using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Looks for the type that a missing one may have become.</summary>
internal static class CoreTypeSuggestion
{
    /// <summary>A type with fewer named members than this could be anything.</summary>
    private const int MinMembers = 2;

    public static string For(CoreTarget target, CoreAccess local)
    {
        string guard = $"guard the access with bpf_core_type_exists({local.RootText()})";
        BtfType root = local.Root;
        if (FindSimilarName(target, root) is { } similar)
            return $"The target has {similar}. Check the name, or {guard}.";
        if (FindSameMembers(target, local.Btf, root) is { } same)
            return $"{same} of the target has the same members, and may be its new name. Declare both, and {guard}.";
        return $"If it belongs to a module, load the module; if not every target has it, {guard}.";
    }

    private static string? FindSimilarName(CoreTarget target, BtfType root)
    {
        ReadOnlySpan<byte> wanted = BtfEssentialName.Of(root.Name.Bytes);
        string? best = null;
        int bestDistance = BtfNameDistance.Unlike;
        foreach (CoreTargetBtf btf in target.Searched)
        {
            foreach (BtfType type in btf.Types)
            {
                if (!CoreKinds.AreCompatible(root.Kind, type.Kind))
                    continue;
                BtfString name = type.Name;
                int distance = name.IsEmpty ? BtfNameDistance.Unlike : BtfNameDistance.Between(wanted, name.Bytes);
                if (distance < bestDistance)
                {
                    best = CoreAccess.Named(type);
                    bestDistance = distance;
                }
            }
        }

        return best;
    }

    /// <summary>The smallest type of the same kind that has all the names of the local one's members.</summary>
    private static string? FindSameMembers(CoreTarget target, BtfSpec local, BtfType root)
    {
        List<BtfMember> wanted = CoreMembers.Of(local, root);
        if (wanted.Count < MinMembers)
            return null;
        string? best = null;
        int bestCount = int.MaxValue;
        foreach (CoreTargetBtf btf in target.Searched)
        {
            foreach (BtfType type in btf.Types)
            {
                if (type.Kind != root.Kind || type.Name.IsEmpty)
                    continue;
                List<BtfMember> members = CoreMembers.Of(btf.Btf, type);
                if (members.Count < bestCount && wanted.TrueForAll(member => CoreMembers.Named(members, member.Name) is not null))
                {
                    best = CoreAccess.Named(type);
                    bestCount = members.Count;
                }
            }
        }

        return best;
    }
}
