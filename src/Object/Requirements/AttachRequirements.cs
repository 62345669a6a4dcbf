namespace P3Ebpf.Object.Requirements;

/// <summary>What programs are attached to, and whether a target's BTF has it.</summary>
internal sealed class AttachRequirements(CoreTarget target)
{
    private const string AtEntry = "sys_enter_";
    private const string AtExit = "sys_exit_";

    /// <summary>A function that only kernels with kprobes have.</summary>
    private const string KprobeFunction = "register_kprobe";

    /// <summary>How a system call's function begins, by the machine's convention; the last two are those of every machine that wraps them.</summary>
    private static readonly string[] SystemCallPrefixes = ["__x64_sys_", "__arm64_sys_", "__s390x_sys_", "__riscv_sys_", "__se_sys_", "__do_sys_", "sys_"];

    /// <summary>Where else to look for what is missing, as the end of a clause.</summary>
    public string Elsewhere => target.HasModules ? string.Empty : "; a module that was not given may have it";

    /// <summary>What attaching a program takes; <see langword="null"/> where its section names nothing of the kernel's.</summary>
    public BpfRequirement? Of(BpfProgramSpec program) => program.AttachPoint switch
    {
        BpfBtfTarget { KernelType: { } wanted } point => Named(program, point.Name, wanted, BpfRequirementEffect.Loading, isModule: point.Module is not (null or "vmlinux")),
        BpfIteratorTarget { KernelType: { } wanted } point => Named(program, point.Name, wanted, BpfRequirementEffect.Loading),
        BpfBtfTarget or BpfIteratorTarget or BpfExtensionTarget =>
            NotKnown(program, program.SectionName, $"who loads it must set what {program.Name} (SEC(\"{program.SectionName}\")) is attached to") with { Effect = BpfRequirementEffect.Loading },
        BpfRawTracepoint { KernelType: { } wanted } point => Named(program, point.Name, wanted, BpfRequirementEffect.Attaching),
        BpfTracepoint { Category: "syscalls", Name.Length: > 0 } point => OfSystemCall(program, point.Name, CallOf(point.Name)),
        BpfTracepoint { Name.Length: > 0 } point => Named(program, point.Name, new BpfKernelTypeName("btf_trace_" + point.Name, BtfKind.Typedef), BpfRequirementEffect.Attaching),
        BpfKprobe or BpfKprobeMulti or BpfSystemCallProbe when program.AttachPoint.IsComplete && !target.TryFind(KprobeFunction, BtfKind.Func, out _) => new(
            BpfRequirementKind.AttachTarget, $"{program.AttachPoint}", program.Name, BpfRequirementStatus.Missing, BpfRequirementEffect.Attaching,
            $"the BTF has no {KprobeFunction}(): the kernel is built without kprobes (CONFIG_KPROBES)"),
        BpfSystemCallProbe { Name.Length: > 0 } point => OfSystemCall(program, point.Name, point.Name),
        BpfKprobe { Function.Length: > 0 } point => target.TryFind(point.Function, BtfKind.Func, out _)
            ? Met(program, point.Function)
            : NotKnown(program, point.Function, $"BTF does not have every function that can be probed, and has no {point.Function}{Elsewhere}", Similar(point.Function, BtfKind.Func)),
        BpfUprobe { Binary.Length: > 0 } or BpfUsdt { Binary.Length: > 0 } => NotKnown(program, $"{program.AttachPoint}", "it is of a program or library, not of the kernel"),
        _ => null,
    };

    /// <summary>Names like one that is missing, as a sentence.</summary>
    /// <param name="name">The name that was looked for.</param>
    /// <param name="kind">What it is the name of.</param>
    /// <param name="prefix">What BTF puts before it.</param>
    public string? Similar(string name, BtfKind kind, string prefix = "")
    {
        string[] near = [.. BtfNameDistance.FindSimilar(target.Btf, name, kind).Where(each => each.StartsWith(prefix, StringComparison.Ordinal)).Select(each => each[prefix.Length..])];
        return near.Length == 0 ? null : $"Similar: {string.Join(", ", near)}.";
    }

    /// <summary>The system call of a tracepoint.</summary>
    private static string CallOf(string tracepoint) => tracepoint.StartsWith(AtEntry, StringComparison.Ordinal) ? tracepoint[AtEntry.Length..]
        : tracepoint.StartsWith(AtExit, StringComparison.Ordinal) ? tracepoint[AtExit.Length..] : tracepoint;

    private static BpfRequirement Met(BpfProgramSpec program, string name) =>
        new(BpfRequirementKind.AttachTarget, name, program.Name, BpfRequirementStatus.Met, BpfRequirementEffect.Attaching);

    private static BpfRequirement NotKnown(BpfProgramSpec program, string name, string message, string? suggestion = null) =>
        new(BpfRequirementKind.AttachTarget, name, program.Name, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Attaching, message, suggestion);

    private BpfRequirement OfSystemCall(BpfProgramSpec program, string asked, string call) =>
        Array.Exists(SystemCallPrefixes, prefix => target.TryFind(prefix + call, BtfKind.Func, out _))
            ? Met(program, asked)
            : NotKnown(program, asked, $"system calls have no type of their own in BTF, and no function of it is that of {call}");

    private BpfRequirement Named(BpfProgramSpec program, string asked, BpfKernelTypeName wanted, BpfRequirementEffect effect, bool isModule = false)
    {
        if (target.TryFind(wanted.Name, wanted.Kind, out _))
            return Met(program, asked) with { Effect = effect };
        if (isModule && !target.HasModules)
            return NotKnown(program, asked, "it is a module's, whose BTF was not given") with { Effect = effect };
        string prefix = wanted.Name.EndsWith(asked, StringComparison.Ordinal) ? wanted.Name[..^asked.Length] : string.Empty;
        return new(
            BpfRequirementKind.AttachTarget, asked, program.Name, BpfRequirementStatus.Missing, effect,
            $"the BTF has no {(wanted.Kind == BtfKind.Func ? "function" : "tracepoint")} '{wanted.Name}', to which {program.Name} (SEC(\"{program.SectionName}\")) is attached{Elsewhere}",
            Similar(wanted.Name, wanted.Kind, prefix));
    }
}
