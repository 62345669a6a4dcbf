namespace P3Ebpf.Loader.Verifier;

/// <summary>The verifier rejected a program, or BTF.</summary>
public sealed class BpfVerifierException : BpfException
{
    private const string MoreLog = "Allow for more of the log: BpfProgramOptions.MaximumLogSize.";

    /// <summary>Describes a rejected program.</summary>
    /// <param name="programName">The program's name.</param>
    /// <param name="error">The positive error number.</param>
    /// <param name="log">The verifier's log.</param>
    /// <param name="logTruncated">Whether the log did not fit.</param>
    /// <param name="sourceLine">The C source line the log ends at, if known.</param>
    /// <param name="hint">What to do about it; what usually helps against the verdict when null.</param>
    /// <param name="explanation">What the verdict means, as a sentence, where the verifier's own words do not tell: they are left to the log then.</param>
    public BpfVerifierException(
        string programName, int error, string log, bool logTruncated = false, string? sourceLine = null, string? hint = null, string? explanation = null)
        : this(
            $"loading program '{programName}'", BpfCommand.ProgLoad, programName, error, log, VerifierVerdict.Parse(log), logTruncated, sourceLine, hint, explanation)
    {
    }

    private BpfVerifierException(
        string action, BpfCommand command, string programName, int error, string log, VerifierVerdict verdict, bool logTruncated, string? sourceLine,
        string? hint, string? explanation = null)
        : base(action, error, command, hint ?? verdict.Remedy ?? (verdict.IsCut ? MoreLog : null), BpfFailureKind.Failed, Summarise(verdict, sourceLine, explanation))
    {
        ProgramName = programName;
        Log = log;
        LogTruncated = logTruncated;
        SourceLine = sourceLine;
        Explanation = explanation;
        Verdict = verdict;
    }

    /// <summary>The program's name; empty for BTF.</summary>
    public string ProgramName { get; }

    /// <summary>The verifier's log. When it did not fit, its end on Linux 6.4 and later; before, what the verifier says of the end alone, without its way there (from Linux 5.2).</summary>
    public string Log { get; }

    /// <summary>Whether part of the log is missing.</summary>
    public bool LogTruncated { get; }

    /// <summary>The C source line the verifier stopped at; null when unknown.</summary>
    public string? SourceLine { get; }

    /// <summary>What the verdict means, where the verifier's own words do not tell; null elsewhere.</summary>
    public string? Explanation { get; }

    /// <summary>What the log says.</summary>
    public VerifierVerdict Verdict { get; }

    /// <summary>The end of the log: the last instruction looked at and what is wrong with it, without statistics. Empty beside an explanation.</summary>
    public IReadOnlyList<string> DecisiveLines => Explanation is null ? Verdict.DecisiveLines : [];

    internal static BpfVerifierException OfBtf(int error, string log, bool logTruncated) =>
        new("loading BTF", BpfCommand.BtfLoad, "", error, log, VerifierVerdict.Parse(log), logTruncated, sourceLine: null, hint: null);

    private static string Summarise(VerifierVerdict verdict, string? sourceLine, string? explanation)
    {
        string text = explanation ?? (verdict.Reason is { } reason ? $"The verifier says: {reason}" : verdict.IsCut ? "The verifier's log was cut before its reason." : "The verifier gave no reason.");
        return sourceLine is null ? text : $"{text} (at {sourceLine})";
    }
}
