namespace P3Ebpf.Doctor;

/// <summary>Puts what was found into the answers to three questions: does the BTF match, is another one needed, which libbpf runs.</summary>
internal sealed class DoctorAnswer(IReadOnlyList<DoctorFinding> findings, BtfFacts? btf, ObjectFacts? bpfObject, LoaderFacts? loader, Version? reported)
{
    private const int Worrying = 60;

    /// <summary>Four lines, whatever the names of files in them hold.</summary>
    public string Compose() => string.Join('\n', ((string[])[First(), Match(), Need(), Library()]).Select(line => line.Replace('\n', ' ')));

    private string First()
    {
        if (findings.Count == 0 || findings[0].Weight < Worrying)
            return "Nothing was found that would make the load fail.";
        DoctorFinding first = findings[0];
        return first.Action is null ? first.Summary : $"{first.Summary} Do this: {first.Action}.";
    }

    private string Match()
    {
        const string Question = "Does the BTF match the object? ";
        return Question + (btf, bpfObject) switch
        {
            (_, null) => "Not checked: no object was given (--obj).",
            (_, { Spec: null }) => "The object cannot be read.",
            (_, { NeedsNoBtf: true }) => "It does not have to: the object has no CO-RE relocations.",
            (null or { Spec: null }, _) => "The BTF cannot be read.",
            (var target, { Failing: 0 } o) => $"Yes: all {o.Relocations} CO-RE relocations have an answer in {target.Name}.",
            (var target, var o) => $"No: {o.Failing} of {o.Relocations} CO-RE relocations find nothing in {target.Name}.",
        };
    }

    private string Need()
    {
        const string Question = "Is another BTF, or no CO-RE, needed? ";
        return Question + (btf, bpfObject) switch
        {
            (_, { NeedsNoBtf: true }) => "This object needs no BTF at all.",
            (null, _) => "Yes: there is no BTF; give that of exactly this kernel.",
            ({ Fault: { } fault }, _) => $"Yes: {fault.Summary}",
            ({ IsRunningKernels: true }, _) => $"No: {btf!.Name} is sound, and is the running kernel's own.",
            ({ IsRunningKernels: false }, _) => $"{btf!.Name} is sound, but not the running kernel's; {Kernel.BtfPath} is.",
            _ => $"No: {btf!.Name} is sound.",
        };
    }

    private string Library()
    {
        const string Question = "Is the libbpf that is installed the one that runs? ";
        string described = reported is null ? string.Empty : $"pkg-config describes headers ({reported}), ";
        bool isOlder = findings.Any(f => f.Code == DoctorFindingCodes.LibbpfOlderThanReported);
        if (loader?.Effective is { } use)
            return $"{Question}{(isOlder ? "No: " : string.Empty)}{described}this loader gets {use.Image} ({use.Through}).";
        if (isOlder)
            return $"{Question}No: {described}and the messages are those of an older library.";
        if (findings.Any(f => f.Code == DoctorFindingCodes.LibbpfTooOldForBtf))
            return $"{Question}{described}and what ran is too old for this BTF; --loader EXECUTABLE or PID tells which file it is.";
        return $"{Question}Not checked: no loader was given (--loader EXECUTABLE or PID).";
    }
}
