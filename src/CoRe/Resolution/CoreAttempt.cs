using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>One relocation on its way: what it asks, what was considered, what was found (libbpf: <c>bpf_core_calc_relo_insn</c>).</summary>
internal sealed class CoreAttempt(BtfSpec local, CoreTarget target, CoreRelocationRecord record)
{
    public CoreRelocationRecord Record { get; } = record;

    public CoreTarget Target { get; } = target;

    public BtfSpec LocalBtf { get; } = local;

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

    /// <summary>Decides what to do to the instruction, and rules out candidates for later relocations of the same root.</summary>
    /// <exception cref="CoreFailedException">libbpf would refuse the object.</exception>
    public CoreDecision Resolve(CoreCandidates candidates)
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
        CoreCandidateList list = candidates.Of(root);
        Candidates = list.All;
        Considered = list.Live;
        Local = CoreAccessParser.Parse(LocalBtf, Record);
        return Match(Local, list);
    }

    private CoreDecision Match(CoreAccess access, CoreCandidateList candidates)
    {
        var matching = new List<CoreCandidateType>();
        CoreDecision decision = default;
        foreach (CoreCandidateType candidate in candidates.Live)
        {
            CoreAccess? theirs = new CoreAccessMatcher(access, candidate.Btf, why: null).Match(candidate.Id);
            if (theirs is null)
                continue;
            CoreDecision its = CoreDecision.For(access, theirs);
            if (Found is null)
            {
                decision = its;
                Found = theirs;
                FoundIn = candidate.Target;
            }
            else if (theirs.BitOffset != Found.BitOffset || its.New?.Value != decision.New?.Value)
            {
                throw new CoreFailedException(
                    CoreErrorCode.Einval,
                    $"{access} is ambiguous: {Found.ToStringWithId()} gives {decision.New?.Value}, {theirs.ToStringWithId()} gives {its.New?.Value}");
            }

            matching.Add(candidate);
        }

        candidates.Prune(matching);
        return Found is null ? CoreDecision.ForAbsence(access) : decision;
    }
}
