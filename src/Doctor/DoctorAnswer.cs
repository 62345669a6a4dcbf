namespace P3Ebpf.Doctor;

/// <summary>Puts what was found into the answers to three questions: does the BTF match, is another one needed, which libbpf runs.</summary>
internal sealed class DoctorAnswer(IReadOnlyList<DoctorFinding> findings, BtfFacts? btf, ObjectFacts? bpfObject, LoaderFacts? loader, Version? reported, LoaderLog? log)
{
    private const int Worrying = 60;
    private const int Proven = 90;

    /// <summary>Whether a likely cause was found or, where no log shows that anything failed, nothing is wrong.</summary>
    public bool IsConclusive => log is null || HasCause;

    private bool HasCause => findings.Count != 0 && findings[0].Weight >= Worrying;

    /// <summary>The conclusion, then what can be said to the three questions: a line each, whatever the names of files in them hold.</summary>
    public string Compose() => string.Join('\n', ((string?[])[First(), Match(), Need(), Library()]).OfType<string>().Select(line => line.Replace('\n', ' ')));

    private string First()
    {
        if (HasCause)
            return WithAction(findings[0].Summary, findings[0]);
        if (log is null)
            return "Nothing was found that would make the load fail.";
        DoctorFinding? known = findings.FirstOrDefault(f => f.Code is DoctorFindingCodes.StepFailed or DoctorFindingCodes.LogUnknown);
        return WithAction($"Why it fails cannot be told from this. {known?.Summary}", findings.FirstOrDefault(f => f.Code == DoctorFindingCodes.LogQuiet) ?? known);
    }

    private static string WithAction(string summary, DoctorFinding? finding) => finding?.Action is null ? summary : $"{summary} Do this: {finding.Action}.";

    private string? Match()
    {
        const string Question = "Does the BTF match the object? ";
        if (bpfObject is null)
            return null;
        return Question + (btf, bpfObject) switch
        {
            (_, { Spec: null }) => "The object cannot be read.",
            (_, { NeedsNoBtf: true }) => "It does not have to: the object has no CO-RE relocations.",
            (null or { Spec: null }, _) => "The BTF cannot be read.",
            (var target, { Failing: 0 } o) => $"Yes: all {o.Relocations} CO-RE relocations have an answer in {target.Name}.",
            (var target, var o) => $"No: {o.Failing} of {o.Relocations} CO-RE relocations find nothing in {target.Name}.",
        };
    }

    private string? Need()
    {
        if (btf is { IsDefault: true, Fault: null } && bpfObject is null && log is { FailedToParseBtf: false })
            return null;
        const string Question = "Is another BTF, or no CO-RE, needed? ";
        return Question + (btf, bpfObject) switch
        {
            (_, { NeedsNoBtf: true }) => "This object needs no BTF at all.",
            (null, _) => "Yes: there is no BTF; give that of exactly this kernel.",
            ({ Fault: { } fault }, _) => $"Yes: {fault.Summary}",
            ({ IsRunningKernels: true }, _) => $"No: {btf!.Name} is sound, and is the running kernel's own{(log is { NamesOwnBtf: true } && btf!.IsDefault ? ": let the loader read that (leave btf_custom_path unset)" : string.Empty)}.",
            ({ IsRunningKernels: false }, _) => $"{btf!.Name} is sound, but not the running kernel's; {Kernel.BtfPath} is.",
            _ => $"No: {btf!.Name} is sound.",
        };
    }

    private string? Library()
    {
        const string Question = "Is the libbpf that is installed the one that runs? ";
        string described = reported is null ? string.Empty : $"pkg-config describes headers ({reported}), ";
        bool isOlder = findings.Any(f => f.Code == DoctorFindingCodes.LibbpfOlderThanReported);
        if (loader?.Effective is { } use)
            return $"{Question}{(isOlder ? "No: " : string.Empty)}{described}this loader gets {use.Image} ({use.Through}).";
        if (isOlder)
            return $"{Question}No: {described}and the messages are those of an older library.";
        if (findings.Any(f => f.Code == DoctorFindingCodes.LibbpfTooOldForBtf && f.Weight >= Proven))
            return $"{Question}{described}and what ran is too old for this BTF; --loader EXECUTABLE or PID tells which file it is.";
        return null;
    }
}
