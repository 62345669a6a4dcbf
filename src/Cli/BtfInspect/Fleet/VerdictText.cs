namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>A verdict in words.</summary>
internal static class VerdictText
{
    public static string Of(BpfTargetAssessment assessment) => assessment.Verdict switch
    {
        BpfTargetVerdict.Runs => "runs",
        BpfTargetVerdict.RunsWithoutMissing => "runs: what is missing is not reached",
        BpfTargetVerdict.DependsOnConfiguration => $"rejected unless .kconfig guards {Decisive(assessment)}",
        BpfTargetVerdict.ReachesMissing => $"will be rejected: reaches {Reached(assessment)}",
        BpfTargetVerdict.NotKnown when assessment.Open is { Effect: BpfRequirementEffect.Attaching } open => $"loads; BTF cannot tell whether it attaches: {open.Message}",
        BpfTargetVerdict.NotKnown => $"BTF cannot tell: {assessment.Open!.Message}",
        BpfTargetVerdict.CannotAttach => $"{(assessment.Open is { Effect: BpfRequirementEffect.Loading } ? "does not attach, may not load" : "loads, does not attach")}: {Lacking(assessment.Decisive!)}",
        BpfTargetVerdict.LacksRequirement => $"does not load: {Lacking(assessment.Decisive!)}",
        _ => $"does not relocate: {assessment.Relocation.Failure!.Result.Local}",
    };

    /// <summary>What sort of thing a need is, in words.</summary>
    public static string Of(BpfRequirementKind kind) => Words.Of(kind).Replace('_', ' ');

    /// <summary>What the object lacks by itself has no name that tells much.</summary>
    private static string Lacking(BpfRequirement need) => need.Kind >= BpfRequirementKind.HelperCall ? need.Message!
        : need.Status == BpfRequirementStatus.Different ? $"{Of(need.Kind)} {need.Name} differs" : $"no {Of(need.Kind)} {need.Name}";

    private static string Decisive(BpfTargetAssessment assessment) => assessment.ReachedPoison.Count > 0 ? Reached(assessment) : assessment.Decisive!.Name;

    private static string Reached(BpfTargetAssessment assessment)
    {
        // One access in C is several relocations.
        string[] missing = [.. assessment.ReachedPoison.Select(reached => reached.Result.Local).Distinct(StringComparer.Ordinal)];
        return missing.Length > 1 ? $"{missing[0]} and {missing.Length - 1} more" : missing[0];
    }
}
