using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>One relocation on its way: what it asks, what was considered, what was found.</summary>
internal sealed class CoreAttempt(CoreRelocator relocator, CoreRelocationRecord record)
{
    public CoreRelocationRecord Record { get; } = record;

    public CoreTarget Target => relocator.Target;

    public BtfSpec LocalBtf => relocator.Local;

    /// <summary>What is accessed locally; <see langword="null"/> until it is parsed.</summary>
    public CoreAccess? Local { get; private set; }

    /// <summary>What the first matching candidate has for it.</summary>
    public CoreAccess? Found { get; private set; }

    /// <summary>The BTF in which it was found.</summary>
    public CoreTargetBtf? FoundIn { get; private set; }

    /// <summary>All candidates for the root.</summary>
    public CoreCandidateType[] Candidates { get; private set; } = [];

    /// <summary>Those that earlier relocations had left.</summary>
    public CoreCandidateType[] Considered { get; private set; } = [];

    /// <exception cref="CoreFailedException">libbpf would refuse the object.</exception>
    public CoreDecision Resolve()
    {
        if (!LocalBtf.TryGetType(Record.TypeId, out BtfType root))
            throw new CoreFailedException(CoreErrorCode.Einval, $"the relocation refers to type {Record.TypeId.Value}; the object has {LocalBtf.TypeCount}");
        if (Record.Kind == CoreRelocationKind.TypeIdLocal)
        {
            Local = CoreAccessParser.Parse(LocalBtf, Record);
            return CoreDecision.ForLocal(Local);
        }

        if (root.Name.IsEmpty)
            throw new CoreFailedException(CoreErrorCode.Einval, $"{root} has no name by which to find it in the target; give it one");
        CoreCandidateList candidates = relocator.FindCandidates(root);
        Candidates = candidates.All;
        Considered = candidates.Live;
        Local = CoreAccessParser.Parse(LocalBtf, Record);
        return Match(Local, candidates);
    }

    private CoreDecision Match(CoreAccess local, CoreCandidateList candidates)
    {
        var matching = new List<CoreCandidateType>();
        CoreDecision decision = default;
        foreach (CoreCandidateType candidate in candidates.Live)
        {
            CoreAccess? access = new CoreAccessMatcher(local, candidate.Btf, why: null).Match(candidate.Id);
            if (access is null)
                continue;
            CoreDecision its = CoreDecision.For(local, access);
            if (Found is null)
            {
                decision = its;
                Found = access;
                FoundIn = candidate.Target;
            }
            else if (access.BitOffset != Found.BitOffset || its.New?.Value != decision.New?.Value)
            {
                throw new CoreFailedException(
                    CoreErrorCode.Einval,
                    $"{local} is ambiguous: {Found.ToStringWithId()} gives {decision.New?.Value}, {access.ToStringWithId()} gives {its.New?.Value}");
            }

            matching.Add(candidate);
        }

        candidates.Prune(matching);
        return Found is null ? CoreDecision.ForAbsence(local) : decision;
    }
}
