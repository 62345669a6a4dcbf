namespace P3Ebpf.Doctor.Log;

/// <summary>What a loader printed, read for what it tells.</summary>
internal sealed class LoaderLog
{
    private static readonly Version NamesErrors = new(1, 6);

    private LoaderLog(IReadOnlyList<LogMessage> messages, bool hasDebugLines)
    {
        Messages = messages;
        HasDebugLines = hasDebugLines;
        LibbpfVersions versions = LibbpfVersions.Any;
        foreach (LogMessage message in messages)
            versions = versions.And(message.Versions);
        if (HasObjectLineAfterCoRe)
            versions = versions.And(new LibbpfVersions(null, NamesErrors));
        Versions = versions;
        Decisive = messages.Where(m => m.Step != LogStep.Load).OrderBy(Specificity).FirstOrDefault() ?? (messages.Count == 0 ? null : messages[0]);
    }

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
            foreach (LogRule rule in LogRules.All)
            {
                if (rule.Recognise(line) is not { } message)
                    continue;
                messages.Add(message);
                break;
            }

            hasDebugLines |= line.Contains("libbpf: loading object", StringComparison.Ordinal) || line.Contains("libbpf: elf: section(", StringComparison.Ordinal)
                || line.Contains("libbpf: sec '", StringComparison.Ordinal);
        }

        return new LoaderLog(messages, hasDebugLines);
    }

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
