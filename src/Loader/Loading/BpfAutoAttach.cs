using System.Globalization;

namespace P3Ebpf.Loader;

/// <summary>Attaches a program where its section name says.</summary>
internal static class BpfAutoAttach
{
    public static bool IsPossible(BpfProgramSpec program) =>
        program.Definition?.AttachKind is not (null or BpfAttachKind.None or BpfAttachKind.StructOps) && program.AttachTarget.Length > 0;

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
            BpfAttachKind.Kprobe or BpfAttachKind.Kretprobe => AttachKprobe(program, spec, target, returns),
            BpfAttachKind.SystemCallEntry or BpfAttachKind.SystemCallReturn =>
                KprobeLink.Attach(program, SystemCallSymbols.NameOf(target), atReturn: returns),
            BpfAttachKind.KprobeMulti => KprobeMultiLink.Attach(program, [target], atReturn: returns),
            BpfAttachKind.Uprobe or BpfAttachKind.Uretprobe => AttachUprobe(program, spec, target, returns),
            BpfAttachKind.Iterator => IterLink.Attach(program),
            _ => throw NotPossible(spec, "cannot be attached by its name alone; use one of the link types"),
        };
    }

    private static TracepointLink AttachTracepoint(BpfProgram program, BpfProgramSpec spec, string target)
    {
        int slash = target.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < target.Length - 1
            ? TracepointLink.Attach(program, target[..slash], target[(slash + 1)..])
            : throw NotPossible(spec, $"must name category and tracepoint, as in tracepoint/sched/sched_switch; '{target}' does not");
    }

    private static KprobeLink AttachKprobe(BpfProgram program, BpfProgramSpec spec, string target, bool returns)
    {
        int plus = target.IndexOf('+', StringComparison.Ordinal);
        if (plus < 0)
            return KprobeLink.Attach(program, target, atReturn: returns);
        return plus > 0 && !returns && TryParseOffset(target.AsSpan(plus + 1), out ulong offset)
            ? KprobeLink.Attach(program, target[..plus], offset)
            : throw NotPossible(spec, $"must name a function, or for an entry probe a function and an offset, as in kprobe/do_exit+0x10; '{target}' does not");
    }

    private static UprobeLink AttachUprobe(BpfProgram program, BpfProgramSpec spec, string target, bool returns)
    {
        int colon = target.LastIndexOf(':');
        return colon > 0 && TryParseOffset(target.AsSpan(colon + 1), out ulong offset)
            ? UprobeLink.Attach(program, target[..colon], offset, returns)
            : throw NotPossible(spec, $"must name a file and an offset in it, as in uprobe//bin/sh:0x1234; '{target}' does not");
    }

    /// <summary>Decimal, or hexadecimal after <c>0x</c>.</summary>
    private static bool TryParseOffset(ReadOnlySpan<char> text, out ulong offset) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out offset)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out offset);

    private static BpfException NotPossible(BpfProgramSpec spec, string problem) =>
        new($"attaching program '{spec.Name}'", Errno.EOPNOTSUPP, hint: $"SEC(\"{spec.SectionName}\") {problem}.");
}
