using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>What to do about a finding: the doctor's words, and the command of this tool that does it or tells more.</summary>
internal static class DoctorAdvice
{
    /// <summary>From this weight on, a finding is a likely cause.</summary>
    public const int Worrying = 60;

    public static string? Of(DoctorFinding finding, DoctorRequest request) => (finding.Action, CommandFor(finding, request)) switch
    {
        (null, null) => null,
        ({ } action, null) => action,
        (null, { } command) => command,
        ({ } action, { } command) => $"{action}; {command}",
    };

    private static string? CommandFor(DoctorFinding finding, DoctorRequest request)
    {
        string file = request.BtfPath ?? "FILE";
        string bpfObject = request.ObjectPath ?? "OBJECT";
        return finding.Code switch
        {
            Codes.LibbpfNotFound => "p3ebpf btf-inspect doctor --loader PID examines a process",
            Codes.LibbpfOlderThanReported or Codes.LibbpfTooOldForBtf when request.Loader is null =>
                "p3ebpf btf-inspect doctor --loader EXECUTABLE-OR-PID finds its library; p3ebpf load needs none",
            Codes.LibbpfTooOldForBtf => "p3ebpf load needs no libbpf",
            Codes.CoreMismatch => $"p3ebpf btf-inspect core {bpfObject}{(request.BtfPath is null ? string.Empty : $" --btf {file}")} shows each relocation with its candidates",
            Codes.KernelLacksFeature or Codes.StepFailed when request.ObjectPath is null => "p3ebpf btf-inspect doctor --obj OBJECT lists what the kernel lacks for it",
            Codes.BtfSectionCompressed => $"p3ebpf btf-inspect extract {file} -o vmlinux.btf unpacks it",
            BtfFindingCodes.UnknownKind or BtfFindingCodes.OldEncodingOverflow => $"p3ebpf btf-inspect min {bpfObject} --btf {file} -o OUT makes a smaller one; p3ebpf load needs no libbpf",
            Codes.LogQuiet or BtfFindingCodes.BadMagic => $"p3ebpf btf-inspect check {file} says what is wrong with it",
            _ when finding.Weight >= Worrying && IsOfBtf(finding.Code) => $"p3ebpf btf-inspect check {file} lists everything wrong with it",
            _ => null,
        };
    }

    /// <summary>What the check of a BTF file finds, as opposed to what the doctor finds elsewhere.</summary>
    private static bool IsOfBtf(string code) => code is BtfFindingCodes.Truncated or BtfFindingCodes.HeaderRange or BtfFindingCodes.StrBad or BtfFindingCodes.CrlfExpanded
        or BtfFindingCodes.CrStripped or BtfFindingCodes.ZeroRun or BtfFindingCodes.BytesLost or BtfFindingCodes.BytesInserted or BtfFindingCodes.TypeTruncated
        or BtfFindingCodes.IdRange or BtfFindingCodes.StrRange or BtfFindingCodes.SplitNeedsBase or BtfFindingCodes.BaseMismatch;
}
