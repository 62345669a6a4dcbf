using System.Globalization;
using System.Text.RegularExpressions;

namespace P3Ebpf.Doctor.Log;

/// <summary>What a loader printed, read for what it tells.</summary>
internal sealed partial class LoaderLog
{
    private static readonly Version NamesErrors = new(1, 6);

    /// <summary>No loader's message is longer; patterns with several gaps take time by more than the length of a line.</summary>
    private const int MaxLine = 2048;

    /// <summary>The kinds of types that came later than BTF, and the libbpf that first reads each (BTF_KIND_* of include/uapi/linux/btf.h).</summary>
    private static readonly Dictionary<int, (string Name, Version Libbpf)> LaterKinds = new()
    {
        [16] = ("FLOAT", new Version(0, 4)),
        [17] = ("DECL_TAG", new Version(0, 6)),
        [18] = ("TYPE_TAG", new Version(0, 6)),
        [19] = ("ENUM64", new Version(1, 0)),
    };

    private LoaderLog(string text, IReadOnlyList<LogMessage> messages, bool hasDebugLines)
    {
        Writer = LogWriters.Of(text);
        Verdict = VerifierExcerpt.Of(text) is { } excerpt ? VerifierVerdict.Parse(excerpt) : null;
        Program = ProgramName().Match(text) is { Success: true } program ? program.Groups[1].Value : null;
        Missing = MissingAccess.In(text);
        SystemError = LastError(text);
        if (UnsupportedKind().Match(text) is { Success: true } kind && int.TryParse(kind.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            KindTooNew = LaterKinds.TryGetValue(number, out (string Name, Version Libbpf) known) ? known : null;
        Messages = messages;
        HasDebugLines = hasDebugLines;
        LibbpfVersions versions = LibbpfVersions.Any;
        foreach (LogMessage message in messages)
            versions = versions.And(message.Versions);
        if (HasObjectLineAfterCoRe)
            versions = versions.And(new LibbpfVersions(null, NamesErrors));
        if (KindTooNew is { } unread)
            versions = versions.And(new LibbpfVersions(null, unread.Libbpf));
        Versions = versions;
        Decisive = messages.Where(m => m.Step != LogStep.Load).OrderBy(Specificity).FirstOrDefault() ?? (messages.Count == 0 ? null : messages[0]);
        if (Decisive is { Error: 0 } decisive && Writer is (LogWriter.Aya or LogWriter.Bcc or LogWriter.Bpftrace or LogWriter.CiliumEbpf))
            Decisive = decisive with { Error = SystemError };
    }

    /// <summary>Who wrote it.</summary>
    public LogWriter Writer { get; }

    /// <summary>What the verifier says in it; <see langword="null"/> where it does not speak.</summary>
    public VerifierVerdict? Verdict { get; }

    /// <summary>The program that was being loaded, where the log names it.</summary>
    public string? Program { get; }

    /// <summary>The CO-RE relocation that found nothing; <see langword="null"/> where the log names none.</summary>
    public MissingAccess? Missing { get; }

    /// <summary>The last error of the system that the log names in any way; 0 where it names none.</summary>
    public int SystemError { get; }

    /// <summary>A kind of types that exists, which the libbpf that wrote the log does not know, and the first libbpf that does.</summary>
    public (string Name, Version Libbpf)? KindTooNew { get; }

    /// <summary>Whether the BTF that was read is a file that the loader named (btf_custom_path, or a file that bpftool was told), and not the running kernel's.</summary>
    public bool NamesOwnBtf => Messages.Any(m => m.Line.Contains("failed to parse target BTF", StringComparison.Ordinal)
        || (m.Line.Contains("failed to load BTF from ", StringComparison.Ordinal) && !m.Line.Contains(Kernel.BtfPath, StringComparison.Ordinal)));

    /// <summary>The messages that were recognised, in order.</summary>
    public IReadOnlyList<LogMessage> Messages { get; }

    /// <summary>Whether libbpf's debug messages are there, which name the fault.</summary>
    public bool HasDebugLines { get; }

    /// <summary>The versions of libbpf that can have printed all of this.</summary>
    public LibbpfVersions Versions { get; }

    /// <summary>The message that says most about what failed; <see langword="null"/> where none was recognised.</summary>
    public LogMessage? Decisive { get; }

    /// <summary>Up to 1.5 a third line follows the two of a failed CO-RE step; since 1.6 the relocations run in a phase that does not print it.</summary>
    public bool HasObjectLineAfterCoRe =>
        Messages.Any(m => m.Step == LogStep.CoreRelocation && m.Cause is null) && Messages.Any(m => m.Line.Contains("failed to load object '", StringComparison.Ordinal));

    /// <summary>Whether the reading of the target BTF failed.</summary>
    public bool FailedToParseBtf => Messages.Any(m => m.Step == LogStep.BtfParse);

    /// <summary>The error of the failed reading of the target BTF; 0 where it did not fail or the number is not known.</summary>
    public int BtfError => Messages.FirstOrDefault(m => m.Step == LogStep.BtfParse && m.Error != 0)?.Error ?? 0;

    /// <summary>Whether libbpf could not make sense of the BTF's data (EINVAL), rather than not find or open it.</summary>
    public bool RefusedBtf => BtfError == Errno.EINVAL
        || (BtfError == 0 && Messages.Any(m => m.Step == LogStep.BtfParse && m.Cause is not (null or DoctorFindingCodes.KernelLacksBtf)));

    /// <summary>Reads a log, line by line.</summary>
    public static LoaderLog Read(string text)
    {
        var messages = new List<LogMessage>();
        bool hasDebugLines = false;
        foreach (string line in text.Split('\n'))
        {
            string message = line.Length > MaxLine ? line[..MaxLine] : line;
            foreach (LogRule rule in LogRules.All.Concat(OtherLoaderRules.All))
            {
                if (rule.Recognise(message) is not { } recognised)
                    continue;
                messages.Add(recognised);
                break;
            }

            hasDebugLines |= line.Contains("libbpf: loading object", StringComparison.Ordinal) || line.Contains("libbpf: elf: section(", StringComparison.Ordinal)
                || line.Contains("libbpf: sec '", StringComparison.Ordinal);
        }

        return new LoaderLog(text, messages, hasDebugLines);
    }

    private static int LastError(string text)
    {
        Match match = SystemErrorText().Match(text);
        return match.Success ? LogRule.ErrorNumber(match.Groups.Values.LastOrDefault(group => group.Success)!.Value) : 0;
    }

    [GeneratedRegex(@"BTF_KIND:(\d+)")]
    private static partial Regex UnsupportedKind();

    [GeneratedRegex(@"(?:prog(?:ram)? b?'|program )([A-Za-z_]\w*)'?: (?:-- BEGIN|BPF program load|failed to load|load program|[A-Z][a-z]+ )")]
    private static partial Regex ProgramName();

    [GeneratedRegex(
        @"\(os error (\d{1,6})\)|\berrno[ =:]{1,8}(\d{1,6})|\b-?E(?:PERM|ACCES|INVAL|NOENT|BUSY|EXIST|NOMEM|2BIG|NOSPC|NOTSUPP|OPNOTSUPP|BADF|FAULT)\b|(?:operation not permitted|permission denied|invalid argument|no such file or directory|argument list too long|no space left on device|device or resource busy|file exists|operation not supported|cannot allocate memory)",
        RegexOptions.IgnoreCase | RegexOptions.RightToLeft)]
    private static partial Regex SystemErrorText();

    /// <summary>A message that names the cause beats one that has an error number; among equals the earlier step, then the earlier line, counts.</summary>
    private static int Specificity(LogMessage message) => (message.Cause is not null ? 0 : 100) + (message.Error != 0 ? 0 : 10) + (int)message.Step;
}

/// <summary>A message of a loader that was recognised.</summary>
/// <param name="Line">The line, without surrounding blanks.</param>
/// <param name="Step">The step that it belongs to.</param>
/// <param name="Meaning">What it means, in a sentence without a full stop.</param>
/// <param name="Error">The error number without its sign, or 0 where the message has none.</param>
/// <param name="Versions">The versions of libbpf that print this text.</param>
/// <param name="Cause">What is wrong, where the message itself tells (it does at the debug level): a finding's code.</param>
internal sealed record LogMessage(string Line, LogStep Step, string Meaning, int Error, LibbpfVersions Versions, string? Cause = null);
