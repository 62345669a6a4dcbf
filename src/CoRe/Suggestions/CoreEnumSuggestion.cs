using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Looks for the enumerator that a missing one may have become.</summary>
internal static class CoreEnumSuggestion
{
    public static string For(CoreTarget target, CoreAccess local, CoreCandidateType candidate, CoreSearchBudget budget)
    {
        BtfString wanted = local.Btf[local.Last.TypeId].Enumerators[local.Last.Index].Name;
        string guard = $"Guard its use with bpf_core_enum_value_exists({local.RootText()}, {CoreAccess.Text(wanted)}).";
        BtfType type = candidate.Btf.ResolveModifiers(candidate.Id);
        if (type.IsAnyEnum && FindSimilar(type, wanted) is { } similar)
            return $"{CoreAccess.Named(type)} has {similar}, which may be its new name. {guard}";
        return FindElsewhere(target, wanted, budget) is { } elsewhere ? $"{elsewhere} has it. {guard}" : guard;
    }

    private static string? FindSimilar(BtfType type, BtfString wanted)
    {
        string? best = null;
        int bestDistance = BtfNameDistance.Unlike;
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            int distance = BtfNameDistance.Between(wanted.Bytes, enumerator.Name.Bytes);
            if (distance < bestDistance)
            {
                best = CoreAccess.Text(enumerator.Name);
                bestDistance = distance;
            }
        }

        return best;
    }

    private static string? FindElsewhere(CoreTarget target, BtfString wanted, CoreSearchBudget budget)
    {
        foreach (CoreTargetBtf btf in target.Searched)
        {
            foreach (BtfType type in btf.Types)
            {
                if (!budget.Take())
                    return null;
                if (!type.IsAnyEnum)
                    continue;
                foreach (BtfEnumerator enumerator in type.Enumerators)
                {
                    if (!budget.Take())
                        return null;
                    if (enumerator.Name == wanted)
                        return type.Name.IsEmpty ? "An enum without a name" : CoreAccess.Named(type);
                }
            }
        }

        return null;
    }
}
