using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>
/// Decides what the relocations of one object are to write, one after the other (libbpf: <c>bpf_core_calc_relo_insn</c>). What it needs on the
/// way is kept from one to the next, so that a relocation costs no memory.
/// </summary>
internal sealed class CoreResolver(BtfSpec local, CoreTarget target)
{
    private readonly CoreCandidates _candidates = new(target);
    private readonly List<CoreCandidateType> _matching = [];
    private readonly CoreAccess _ours = new();
    private CoreAccess _theirs = new();
    private CoreAccess _found = new();

    /// <summary>Decides what to do to the instruction, and rules out candidates for later relocations of the same root.</summary>
    /// <param name="record">The relocation.</param>
    /// <param name="trace">What came up; also where it fails.</param>
    /// <exception cref="CoreFailedException">libbpf would refuse the object.</exception>
    public CoreDecision Resolve(in CoreRelocationRecord record, ref CoreTrace trace)
    {
        if (!local.TryGetType(record.TypeId, out BtfType root))
            throw new CoreFailedException(CoreErrorCode.Einval, $"the relocation refers to type {record.TypeId.Value}; the object has {local.TypeCount}");
        if (record.Kind == CoreRelocationKind.TypeIdLocal)
        {
            CoreAccessParser.Parse(_ours, local, record);
            trace.IsParsed = true;
            return CoreDecision.ForLocal(_ours);
        }

        if (root.Name.IsEmpty)
            throw new CoreFailedException(CoreErrorCode.Einval, $"{root} has no name by which to find it in the target; give it one");
        CoreCandidateList list = _candidates.Of(root);
        trace.Candidates = list.All;
        trace.Considered = list.Live;
        CoreAccessParser.Parse(_ours, local, record);
        trace.IsParsed = true;
        return Match(list, ref trace);
    }

    private CoreDecision Match(CoreCandidateList candidates, ref CoreTrace trace)
    {
        _matching.Clear();
        CoreDecision decision = default;
        foreach (CoreCandidateType candidate in candidates.Live)
        {
            if (!new CoreAccessMatcher(_ours, candidate.Btf, why: null).Match(_theirs, candidate.Id))
                continue;
            CoreDecision its = CoreDecision.For(_ours, _theirs);
            if (_matching.Count == 0)
            {
                decision = its;
                trace.Found = candidate;
                (_found, _theirs) = (_theirs, _found);
            }
            else if (_theirs.BitOffset != _found.BitOffset || its.New?.Value != decision.New?.Value)
            {
                throw new CoreFailedException(
                    CoreErrorCode.Einval,
                    $"{_ours} is ambiguous: {_found.ToStringWithId()} gives {decision.New?.Value}, {_theirs.ToStringWithId()} gives {its.New?.Value}");
            }

            _matching.Add(candidate);
        }

        candidates.Prune(_matching);
        return _matching.Count == 0 ? CoreDecision.ForAbsence(_ours) : decision;
    }
}

/// <summary>What a relocation came across: enough to go the same way again where somebody asks for words.</summary>
internal struct CoreTrace
{
    /// <summary>All candidates for the root; <see langword="null"/> where none were looked for.</summary>
    public CoreCandidateType[]? Candidates;

    /// <summary>Those that earlier relocations had left.</summary>
    public CoreCandidateType[]? Considered;

    /// <summary>The first that matches; the default value where none does.</summary>
    public CoreCandidateType Found;

    /// <summary>Whether the access makes sense in the object's own types.</summary>
    public bool IsParsed;

    /// <summary>Whether a candidate matches.</summary>
    public readonly bool HasFound => Found.Target is not null;
}
