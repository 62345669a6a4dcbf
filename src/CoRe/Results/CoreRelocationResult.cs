using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>What a relocation asked, what was found and what was done. Texts are made when they are asked for.</summary>
public sealed class CoreRelocationResult
{
    private readonly CoreRelocator _relocator;
    private readonly CoreTrace _trace;
    private readonly string? _failure;
    private CoreAttempt? _attempt;
    private IReadOnlyList<CoreCandidate>? _candidates;
    private string? _message;
    private Lazy<string?>? _suggestion;

    internal CoreRelocationResult(CoreRelocator relocator, in CoreRelocationRecord record, in CoreTrace trace, int index, in CoreDecision decision, bool isPatched)
    {
        _relocator = relocator;
        _trace = trace;
        Record = record;
        InstructionIndex = index;
        OriginalValue = decision.Original.Value;
        Value = isPatched ? decision.New?.Value : null;
        Outcome = !isPatched ? CoreRelocationOutcome.Poisoned
            : !trace.HasFound && Kind != CoreRelocationKind.TypeIdLocal ? CoreRelocationOutcome.Absent
            : CoreRelocationOutcome.Applied;
    }

    internal CoreRelocationResult(CoreRelocator relocator, in CoreRelocationRecord record, in CoreTrace trace, int index, CoreErrorCode error, string failure)
    {
        _relocator = relocator;
        _trace = trace;
        Record = record;
        _failure = failure;
        InstructionIndex = index;
        Error = error;
        Outcome = CoreRelocationOutcome.Failed;
    }

    /// <summary>The slot that was to be patched, in the instructions that were given.</summary>
    public int InstructionIndex { get; }

    /// <summary>What was asked.</summary>
    public CoreRelocationKind Kind => Record.Kind;

    /// <summary>The relocation as stored.</summary>
    public CoreRelocationRecord Record { get; }

    /// <summary>What became of it.</summary>
    public CoreRelocationOutcome Outcome { get; }

    /// <summary>The error number that libbpf would return; <see cref="CoreErrorCode.None"/> unless it failed.</summary>
    public CoreErrorCode Error { get; }

    /// <summary>The value in the object's own types; 64 bits, for negative enumerators sign-extended.</summary>
    public ulong? OriginalValue { get; }

    /// <summary>The value that was written; <see langword="null"/> where none was.</summary>
    public ulong? Value { get; }

    /// <summary>What was asked for, for example <c>struct task_struct.__state (0:3 @ offset 24)</c>.</summary>
    public string Local => CoreExplanation.LocalText(Attempt);

    /// <summary>What was found, for example <c>[131] struct task_struct.__state (0:4 @ offset 32)</c>, or <see langword="null"/>.</summary>
    public string? Target => Outcome == CoreRelocationOutcome.Failed ? null : Attempt.Found?.ToStringWithId();

    /// <summary>The id of the type that was found, in the BTF that <see cref="TargetBtf"/> names.</summary>
    public BtfTypeId? TargetTypeId => _trace.HasFound ? _trace.Found.Id : null;

    /// <summary>The BTF that has it: <c>vmlinux</c>, a file, or a module's name.</summary>
    public string? TargetBtf => _trace.Found.Target?.Name;

    /// <summary>The types of the target that bear the root's name, and why they fit or not; of very many the first 64.</summary>
    public IReadOnlyList<CoreCandidate> Candidates => _candidates ??= CoreExplanation.Candidates(Attempt);

    /// <summary>What went wrong or is missing, in one sentence; <see langword="null"/> where a value was found.</summary>
    public string? Message => Outcome == CoreRelocationOutcome.Applied ? null : _message ??= _failure ?? CoreExplanation.Message(Attempt, Candidates);

    /// <summary>
    /// What could be done, in full sentences, where something was poisoned or failed and an advice can be derived from the target's types; otherwise
    /// <see langword="null"/>. May search all of them, some tens of milliseconds for a kernel's.
    /// </summary>
    public string? Suggestion => Outcome is CoreRelocationOutcome.Poisoned or CoreRelocationOutcome.Failed
        ? (_suggestion ??= new Lazy<string?>(() => CoreSuggestion.For(Attempt, Error))).Value
        : null;

    private CoreAttempt Attempt => _attempt ??= new CoreAttempt(_relocator.Local, _relocator.Target, _relocator.Suggestions, Record, _trace);

    /// <summary>How each candidate that matches is accessed, found anew: one is all that most callers want.</summary>
    internal IEnumerable<CoreAccess> Matches
    {
        get
        {
            if (Outcome == CoreRelocationOutcome.Failed || Attempt.Local is not { } local)
                yield break;
            foreach (CoreCandidateType candidate in Attempt.Considered)
            {
                var access = new CoreAccess();
                if (new CoreAccessMatcher(local, candidate.Btf, why: null).Match(access, candidate.Id))
                    yield return access;
            }
        }
    }

    /// <summary>One line: outcome, what was asked, and what is to be said about it.</summary>
    public override string ToString() => $"{Outcome} {CoreRelocationKindNames.Of(Kind)} {Local}{(Message is { } message ? ": " + message : string.Empty)}";
}

/// <summary>What became of a relocation.</summary>
public enum CoreRelocationOutcome
{
    /// <summary>The instruction holds the target's value.</summary>
    Applied,

    /// <summary>The target has nothing that fits, and the relocation asked just that: the instruction holds 0.</summary>
    Absent,

    /// <summary>The instruction was replaced by an invalid one: the program loads only if the verifier finds that it is never reached.</summary>
    Poisoned,

    /// <summary>The object cannot be loaded. The instruction is unchanged.</summary>
    Failed,
}

/// <summary>A type of the target that bears the name of a relocation's root type.</summary>
/// <param name="Btf">The BTF that has it: <c>vmlinux</c>, a file, or a module's name.</param>
/// <param name="Id">Its id there.</param>
/// <param name="Type">Kind and name, for example <c>struct task_struct</c>.</param>
/// <param name="Matches">Whether it has what the relocation asks for.</param>
/// <param name="IsRuledOut">Whether an earlier relocation of the same root had ruled it out, so that it was not considered.</param>
/// <param name="FailedAt">The step that failed: 0 is the root, 1 the first member or element that the program names, and so on.</param>
/// <param name="Reason">Why it does not match, as a sentence without a full stop; <see langword="null"/> where it does.</param>
public sealed record CoreCandidate(string Btf, BtfTypeId Id, string Type, bool Matches, bool IsRuledOut, int? FailedAt, string? Reason);
