using System.Text.RegularExpressions;

namespace P3Ebpf.Loader.Verifier;

/// <summary>The verifier rejected a program, or BTF.</summary>
public sealed partial class BpfVerifierException : BpfException
{
    private const int MaximumDecisiveLines = 6;

    /// <summary>Describes a rejected program.</summary>
    /// <param name="programName">The program's name.</param>
    /// <param name="error">The positive error number.</param>
    /// <param name="log">The verifier's log.</param>
    /// <param name="logTruncated">Whether the log did not fit.</param>
    /// <param name="sourceLine">The C source line the log ends at, if known.</param>
    /// <param name="hint">What to do about it; the kernel's suggestion in the log (Linux 7.3) when null.</param>
    /// <param name="explanation">What the verdict means, as a sentence, where the verifier's own words do not tell: they are left to the log then.</param>
    public BpfVerifierException(
        string programName, int error, string log, bool logTruncated = false, string? sourceLine = null, string? hint = null, string? explanation = null)
        : this(
            $"loading program '{programName}'", BpfCommand.ProgLoad, programName, error, log, logTruncated, sourceLine, hint ?? Suggestion(log),
            explanation is null ? Decide(log) : [], explanation)
    {
    }

    private BpfVerifierException(
        string action, BpfCommand command, string programName, int error, string log, bool logTruncated, string? sourceLine, string? hint,
        string[] decisive, string? explanation = null)
        : base(action, error, command, hint, BpfFailureKind.Failed, Summarise(decisive, sourceLine, explanation))
    {
        ProgramName = programName;
        Log = log;
        LogTruncated = logTruncated;
        SourceLine = sourceLine;
        Explanation = explanation;
        DecisiveLines = decisive;
    }

    /// <summary>The program's name; empty for BTF.</summary>
    public string ProgramName { get; }

    /// <summary>The verifier's log. When it did not fit, its end on Linux 6.4 and later, its beginning before.</summary>
    public string Log { get; }

    /// <summary>Whether part of the log is missing.</summary>
    public bool LogTruncated { get; }

    /// <summary>The C source line the verifier stopped at; null when unknown.</summary>
    public string? SourceLine { get; }

    /// <summary>What the verdict means, where the verifier's own words do not tell; null elsewhere.</summary>
    public string? Explanation { get; }

    /// <summary>The end of the log: the last instruction looked at and what is wrong with it, without statistics. Empty beside an explanation.</summary>
    public IReadOnlyList<string> DecisiveLines { get; }

    internal static BpfVerifierException OfBtf(int error, string log, bool logTruncated) =>
        new("loading BTF", BpfCommand.BtfLoad, "", error, log, logTruncated, sourceLine: null, hint: null, Decide(log));

    private static string Summarise(string[] decisive, string? sourceLine, string? explanation)
    {
        string verdict = explanation ?? (decisive.Length == 0 ? "The verifier gave no reason." : $"The verifier says: {decisive[^1]}");
        return sourceLine is null ? verdict : $"{verdict} (at {sourceLine})";
    }

    private static string[] Decide(string log)
    {
        string[] lines = Lines(log);

        // Linux 7.3 adds an explanation after the classic log.
        int end = Array.FindIndex(lines, line => line.StartsWith("Verification failed:", StringComparison.Ordinal));
        if (end < 0)
            end = lines.Length;
        while (end > 0 && Statistics().IsMatch(lines[end - 1]))
            end--;

        int start = end;
        while (start > 0 && end - start < MaximumDecisiveLines)
            if (Instruction().IsMatch(lines[--start]))
                break;
        return lines[start..end];
    }

    private static string? Suggestion(string log)
    {
        string[] lines = Lines(log);
        int at = Array.LastIndexOf(lines, "Suggestion:");
        return at >= 0 && at + 1 < lines.Length ? lines[at + 1] : null;
    }

    private static string[] Lines(string log) => log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex(@"^(processed \d+ insns|verification time|stack depth|insns? processed|max_states_per_insn|total_states)")]
    private static partial Regex Statistics();

    [GeneratedRegex(@"^\d+: \([0-9a-f]{2}\) ")]
    private static partial Regex Instruction();
}
