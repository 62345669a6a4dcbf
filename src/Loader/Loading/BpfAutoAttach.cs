namespace P3Ebpf.Loader;

/// <summary>Attaches a program where its section name says.</summary>
internal static class BpfAutoAttach
{
    public static bool IsPossible(BpfProgramSpec program) => program.Definition?.AttachKind is not (null or BpfAttachKind.None or BpfAttachKind.StructOps)
        && (program.AttachTarget.Length > 0 || program.Definition.AttachKind == BpfAttachKind.Extension);

    public static BpfLink Attach(BpfProgram program, BpfProgramSpec spec)
    {
        string target = spec.AttachTarget;
        if (target.Length == 0)
            throw NotPossible(spec, "names no target; name one after a slash, or attach with one of the link types");
        bool returns = spec.Definition?.Prefix.Contains("ret", StringComparison.Ordinal) ?? false;
        return spec.Definition?.AttachKind switch
        {
            BpfAttachKind.Tracepoint => AttachTracepoint(program, spec, target),
            BpfAttachKind.RawTracepoint => RawTracepointLink.Attach(program, target),
            BpfAttachKind.Tracing => TracingLink.Attach(program),
            BpfAttachKind.Kprobe or BpfAttachKind.Kretprobe => AttachKprobe(program, target, returns),
            BpfAttachKind.KprobeMulti => KprobeMultiLink.Attach(program, [target], atReturn: returns),
            BpfAttachKind.Uprobe or BpfAttachKind.Uretprobe => AttachUprobe(program, spec, target, returns),
            BpfAttachKind.Iterator => IterLink.Attach(program),
            _ => throw NotPossible(spec, "says too little to attach by; use one of the link types"),
        };
    }

    private static TracepointLink AttachTracepoint(BpfProgram program, BpfProgramSpec spec, string target)
    {
        int slash = target.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < target.Length - 1
            ? TracepointLink.Attach(program, target[..slash], target[(slash + 1)..])
            : throw NotPossible(spec, $"must name category and tracepoint, as in tracepoint/sched/sched_switch; '{target}' does not");
    }

    private static KprobeLink AttachKprobe(BpfProgram program, string target, bool returns)
    {
        (string function, ulong offset) = SplitOffset(target);
        return KprobeLink.Attach(program, function, offset, returns);
    }

    private static UprobeLink AttachUprobe(BpfProgram program, BpfProgramSpec spec, string target, bool returns)
    {
        int colon = target.LastIndexOf(':');
        if (colon <= 0 || !ulong.TryParse(target[(colon + 1)..].Replace("0x", string.Empty, StringComparison.Ordinal), System.Globalization.NumberStyles.HexNumber, null, out ulong offset))
            throw NotPossible(spec, $"must name a file and a hexadecimal offset in it, as in uprobe/bin/sh:0x1234; '{target}' does not");
        return UprobeLink.Attach(program, target[..colon], offset, returns);
    }

    private static (string Function, ulong Offset) SplitOffset(string target)
    {
        int plus = target.IndexOf('+', StringComparison.Ordinal);
        if (plus < 0)
            return (target, 0);
        string digits = target[(plus + 1)..];
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return (target[..plus], Convert.ToUInt64(hex ? digits[2..] : digits, hex ? 16 : 10));
    }

    private static BpfException NotPossible(BpfProgramSpec spec, string problem) =>
        new($"attaching program '{spec.Name}'", Errno.EOPNOTSUPP, hint: $"SEC(\"{spec.SectionName}\") {problem}.");
}
