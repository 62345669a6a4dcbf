namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>What an object will do on a target, without the types that it was judged by.</summary>
/// <param name="Object">The object's file.</param>
/// <param name="Target">The target's name.</param>
/// <param name="Verdict">The answer; <see langword="null"/> where one of both cannot be read.</param>
/// <param name="Text">The answer in words.</param>
/// <param name="Needs">What the target lacks, or what BTF cannot tell.</param>
internal sealed record FleetPair(string Object, string Target, BpfTargetVerdict? Verdict, string Text, IReadOnlyList<BpfRequirement> Needs)
{
    /// <summary>Whether the object is known not to run there, or one of both cannot be read.</summary>
    public bool IsRefused => Verdict is null or BpfTargetVerdict.CannotAttach or BpfTargetVerdict.LacksRequirement or BpfTargetVerdict.ReachesMissing or BpfTargetVerdict.Fails;

    /// <summary>Of the object's relocations, in its order, the answers; empty unless asked for.</summary>
    public IReadOnlyList<FleetAnswer> Answers { get; init; } = [];

    public static FleetPair Of(string path, string target, BpfTargetAssessment assessment, FleetAnswers? answers) => new(
        path, target, assessment.Verdict, VerdictText.Of(assessment), [.. assessment.Requirements.Where(each => each.Status != BpfRequirementStatus.Met)])
    {
        Answers = answers?.Of(assessment) ?? [],
    };

    public static FleetPair Unreadable(string path, string target, string message) => new(path, target, null, message, []);
}

/// <summary>What became of a relocation, without the types that it was judged by.</summary>
/// <param name="Outcome">applied, absent, poisoned or failed.</param>
/// <param name="Value">What was put in.</param>
/// <param name="IsReached">Whether it is poisoned, and a program reaches it.</param>
/// <param name="Message">What is missing.</param>
/// <param name="Suggestion">What to do about it.</param>
internal sealed record FleetAnswer(CoreRelocationOutcome Outcome, ulong? Value, bool IsReached, string? Message, string? Suggestion);

/// <summary>The relocations of an object, and the answers to them, each kept once however many targets give it.</summary>
internal sealed class FleetAnswers
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FleetAnswer, FleetAnswer> _known = [];
    private IReadOnlyList<FleetQuestion>? _questions;

    /// <summary>What the object asks; empty where no target has been asked yet.</summary>
    public IReadOnlyList<FleetQuestion> Questions => _questions ?? [];

    public FleetAnswer[] Of(BpfTargetAssessment assessment)
    {
        HashSet<CoreRelocationResult> reached = [.. assessment.ReachedPoison.Select(finding => finding.Result)];
        FleetAnswer[] answers =
        [
            .. assessment.Relocation.Functions.SelectMany(function => function.Results)
                .Select(result => new FleetAnswer(result.Outcome, result.Value, reached.Contains(result), result.Message, result.Suggestion)),
        ];
        lock (_lock)
        {
            _questions ??= [.. assessment.Relocation.Functions.SelectMany(function => function.Results, FleetQuestion.Of)];
            for (int i = 0; i < answers.Length; i++)
            {
                if (!_known.TryGetValue(answers[i], out FleetAnswer? known))
                    _known.Add(answers[i], known = answers[i]);
                answers[i] = known;
            }
        }

        return answers;
    }
}

/// <summary>A relocation: what an object asks of any target.</summary>
/// <param name="Function">The C function.</param>
/// <param name="Source">The source line.</param>
/// <param name="Text">What stands there, if the object tells.</param>
/// <param name="Kind">byte_off and so on.</param>
/// <param name="Local">Of what.</param>
internal sealed record FleetQuestion(string Function, string Source, string? Text, string Kind, string Local)
{
    public static FleetQuestion Of(BpfRelocatedFunction function, CoreRelocationResult result)
    {
        BpfSourceLine? line = function.Function.SourceLineOf(result.InstructionIndex);
        return new FleetQuestion(
            function.Function.Name, line?.ToString() ?? $"{function.Function.Name}+{result.InstructionIndex}", line?.Text.Trim(), CoreRelocationKindNames.Of(result.Kind), result.Local);
    }
}
