using P3Ebpf.Object.Relocation;

namespace P3Ebpf.Object.Requirements;

/// <summary>Whether an object will run on a target, as far as the target's BTF tells: its CO-RE relocations, and what else it needs.</summary>
public sealed class BpfTargetAssessment
{
    private BpfTargetAssessment(BpfObjectRelocation relocation, IReadOnlyList<BpfRelocationFinding> reached, IReadOnlyList<BpfRequirement> requirements)
    {
        Relocation = relocation;
        ReachedPoison = reached;
        Requirements = requirements;
        Verdict = Judge();
    }

    /// <summary>The relocated object.</summary>
    public BpfObjectRelocation Relocation { get; }

    /// <summary>The relocations without an answer that a program reaches.</summary>
    public IReadOnlyList<BpfRelocationFinding> ReachedPoison { get; }

    /// <summary>What else the object needs, each once.</summary>
    public IReadOnlyList<BpfRequirement> Requirements { get; }

    /// <summary>The answer.</summary>
    public BpfTargetVerdict Verdict { get; }

    /// <summary>Whether the object is known not to load there, or not to attach.</summary>
    public bool IsRefused => Verdict is BpfTargetVerdict.CannotAttach or BpfTargetVerdict.LacksRequirement or BpfTargetVerdict.ReachesMissing or BpfTargetVerdict.Fails;

    /// <summary>The need that decides, where the verdict is about one.</summary>
    public BpfRequirement? Decisive => Requirements.Where(each => each.IsLacking && each.Effect != BpfRequirementEffect.None).OrderByDescending(each => each.Effect).FirstOrDefault();

    /// <summary>The need of which BTF cannot tell whether it is met, and without which the object does not load, or else not attach; <see langword="null"/> where there is none.</summary>
    public BpfRequirement? Open => Requirements.Where(each => each.Status == BpfRequirementStatus.NotKnown && each.Effect != BpfRequirementEffect.None).OrderByDescending(each => each.Effect).FirstOrDefault();

    /// <summary>Relocates an object against a target, and looks for what else it needs.</summary>
    /// <param name="spec">The object. May be assessed against several targets at a time, as long as it is not changed meanwhile.</param>
    /// <param name="target">The target. May serve several objects at a time.</param>
    public static BpfTargetAssessment Of(BpfObjectSpec spec, CoreTarget target)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(target);
        BpfObjectRelocation relocation = spec.Relocate(target);
        var search = new RequirementSearch(spec, target, relocation);
        IReadOnlyList<BpfRequirement> requirements = search.Run();
        return new BpfTargetAssessment(relocation, PoisonSearch.Run(spec, relocation, search.Exists), requirements);
    }

    private BpfTargetVerdict Judge()
    {
        if (!Relocation.Succeeded)
            return BpfTargetVerdict.Fails;
        BpfRequirementEffect worst = Decisive?.Effect ?? BpfRequirementEffect.None;
        if (worst == BpfRequirementEffect.Loading)
            return BpfTargetVerdict.LacksRequirement;
        if (ReachedPoison.Count > 0)
            return Relocation.MayBeGuardedByConfiguration ? BpfTargetVerdict.DependsOnConfiguration : BpfTargetVerdict.ReachesMissing;
        return worst switch
        {
            BpfRequirementEffect.LoadingUnlessConfigured => BpfTargetVerdict.DependsOnConfiguration,
            BpfRequirementEffect.Attaching => BpfTargetVerdict.CannotAttach,
            _ when Open is not null => BpfTargetVerdict.NotKnown,
            _ => Requirements.Any(each => each.IsLacking) || Relocation.Functions.Any(function => function.Results.Any(IsMissing))
                ? BpfTargetVerdict.RunsWithoutMissing : BpfTargetVerdict.Runs,
        };

        static bool IsMissing(CoreRelocationResult result) => result.Outcome is CoreRelocationOutcome.Absent or CoreRelocationOutcome.Poisoned;
    }
}

/// <summary>Whether an object will run on a target, as far as the target's BTF tells.</summary>
public enum BpfTargetVerdict
{
    /// <summary>The target has all that the object asks for.</summary>
    Runs,

    /// <summary>The target lacks something, and no program that is loaded automatically reaches it.</summary>
    RunsWithoutMissing,

    /// <summary>A program reaches what the target lacks, unless the kernel's version or configuration (<c>.kconfig</c>) keeps it from that, which only a load knows.</summary>
    DependsOnConfiguration,

    /// <summary>Nothing is known against it, and something decides that BTF cannot tell: a value of the kernel's configuration, the address of a symbol, what its loader sets.</summary>
    NotKnown,

    /// <summary>It loads, and the target has not got what a program is attached to.</summary>
    CannotAttach,

    /// <summary>The target lacks what the object cannot be loaded without: a kernel function, a type of map, what a program is attached to.</summary>
    LacksRequirement,

    /// <summary>A program reaches a field, type or value that the target lacks: the verifier will reject it.</summary>
    ReachesMissing,

    /// <summary>A relocation has no answer; the object cannot be loaded.</summary>
    Fails,
}
