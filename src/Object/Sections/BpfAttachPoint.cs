using System.Globalization;

namespace P3Ebpf.Object.Sections;

/// <summary>Where a program is to be attached: what its section name says, parsed once.</summary>
/// <remarks>A closed set of records. Rules: the <c>attach_*</c> functions of libbpf.c, which parse the section name when attaching.</remarks>
public abstract record BpfAttachPoint
{
    private protected BpfAttachPoint()
    {
    }

    /// <summary>What is missing before a program can be attached here, as a noun phrase; <see langword="null"/> where nothing is.</summary>
    public abstract string? Missing { get; }

    /// <summary>What the attach point is called in the kernel's BTF; <see langword="null"/> where it has no name there.</summary>
    /// <remarks>Rule: libbpf's <c>find_attach_btf_id</c> and <c>btf_get_kernel_prefix_kind</c>.</remarks>
    public virtual BpfKernelTypeName? KernelType => null;

    /// <summary>Whether everything is said that attaching takes.</summary>
    public bool IsComplete => Missing is null;

    /// <summary>Parses what a section name, without a leading <c>?</c>, says.</summary>
    /// <param name="sectionName">As in SEC(): <c>tracepoint/sched/sched_switch</c>, <c>uprobe//bin/sh:main</c>, <c>xdp</c>.</param>
    /// <returns>A <see cref="BpfInvalidAttachPoint"/> where no convention knows the name or the target is malformed.</returns>
    public static BpfAttachPoint Parse(string sectionName)
    {
        ArgumentNullException.ThrowIfNull(sectionName);
        return BpfSectionDefinitions.TryFind(sectionName, out BpfSectionDefinition? definition)
            ? Parse(definition, definition.TargetOf(sectionName))
            : new BpfInvalidAttachPoint(sectionName, "is no section name that loaders know");
    }

    internal static BpfAttachPoint Parse(BpfSectionDefinition definition, string target)
    {
        bool returns = definition.Prefix.StartsWith("kret", StringComparison.Ordinal) || definition.Prefix.StartsWith("uret", StringComparison.Ordinal);
        return definition.AttachKind switch
        {
            BpfAttachKind.Tracepoint => Tracepoint(definition.Prefix, target),
            BpfAttachKind.RawTracepoint => new BpfRawTracepoint(target),
            BpfAttachKind.BtfTarget => BtfTarget(definition.AttachType!.Value, target),
            BpfAttachKind.TracingMulti => TracingMulti(definition.AttachType!.Value, target),
            BpfAttachKind.Kprobe => Kprobe(definition.Prefix, target, returns),
            BpfAttachKind.KprobeMulti => new BpfKprobeMulti(target, returns, definition.AttachType == BpfAttachType.TraceKprobeSession),
            BpfAttachKind.SystemCall => new BpfSystemCallProbe(target, returns),
            BpfAttachKind.Uprobe => Uprobe(definition.Prefix, target, returns),
            BpfAttachKind.UprobeMulti => UprobeMulti(definition.Prefix, target, returns, definition.AttachType == BpfAttachType.TraceUprobeSession),
            BpfAttachKind.Usdt => Usdt(definition.Prefix, target),
            BpfAttachKind.Iterator => new BpfIteratorTarget(target),
            BpfAttachKind.Extension => new BpfExtensionTarget(target),
            BpfAttachKind.StructOps => new BpfStructOpsMember(target),
            BpfAttachKind.Device => new BpfDeviceHook(definition.AttachType),
            BpfAttachKind.Cgroup => new BpfCgroupHook(definition.AttachType),
            BpfAttachKind.NetworkNamespace => new BpfNetworkNamespaceHook(definition.AttachType!.Value),
            BpfAttachKind.SocketMap => new BpfSocketMapHook(definition.AttachType),
            BpfAttachKind.Socket => new BpfSocketHook(),
            BpfAttachKind.PerfEvent => new BpfPerfEventHook(),
            BpfAttachKind.Netfilter => new BpfNetfilterHook(),
            BpfAttachKind.LircDevice => new BpfLircHook(),
            _ => new BpfNoAttachPoint(),
        };
    }

    private static BpfAttachPoint Tracepoint(string prefix, string target)
    {
        int slash = target.IndexOf('/');
        return target.Length == 0 ? new BpfTracepoint(string.Empty, string.Empty)
            : slash > 0 && slash < target.Length - 1 ? new BpfTracepoint(target[..slash], target[(slash + 1)..])
            : Invalid(prefix, target, $"must name category and tracepoint, as in {prefix}/sched/sched_switch");
    }

    private static BpfBtfTarget BtfTarget(BpfAttachType type, string target)
    {
        int colon = target.IndexOf(':');
        return colon < 0 ? new BpfBtfTarget(type, target) : new BpfBtfTarget(type, target[(colon + 1)..], target[..colon]);
    }

    private static BpfTracingMulti TracingMulti(BpfAttachType type, string target)
    {
        int colon = target.IndexOf(':');
        return colon < 0 ? new BpfTracingMulti(type, target) : new BpfTracingMulti(type, target[(colon + 1)..], target[..colon]);
    }

    private static BpfAttachPoint Kprobe(string prefix, string target, bool returns)
    {
        int plus = target.IndexOf('+');
        if (plus < 0)
            return new BpfKprobe(target, 0, returns);
        return plus > 0 && !returns && TryParseOffset(target[(plus + 1)..], out ulong offset)
            ? new BpfKprobe(target[..plus], offset, AtReturn: false)
            : Invalid(prefix, target, "must name a function, or for an entry probe a function and an offset, as in kprobe/do_exit+0x10");
    }

    /// <summary><c>BINARY:FUNCTION[+OFFSET]</c> or <c>BINARY:OFFSET</c>; the path may have colons, the function has none.</summary>
    private static BpfAttachPoint Uprobe(string prefix, string target, bool returns)
    {
        if (target.Length == 0)
            return new BpfUprobe(string.Empty, string.Empty, 0, returns);
        int colon = target.LastIndexOf(':');
        if (colon <= 0 || colon == target.Length - 1)
            return Invalid(prefix, target, $"must name a program or library and a function or offset in it, as in {prefix}/libc.so.6:malloc");
        string binary = target[..colon];
        string place = target[(colon + 1)..];
        if (TryParseOffset(place, out ulong absolute))
            return new BpfUprobe(binary, string.Empty, absolute, returns);
        int plus = place.LastIndexOf('+');
        if (plus < 0)
            return new BpfUprobe(binary, place, 0, returns);
        return plus > 0 && !returns && TryParseOffset(place[(plus + 1)..], out ulong offset)
            ? new BpfUprobe(binary, place[..plus], offset, AtReturn: false)
            : Invalid(prefix, target, $"has no offset after the plus sign, as in {prefix}/libc.so.6:malloc+0x10 (return probes take none)");
    }

    private static BpfAttachPoint UprobeMulti(string prefix, string target, bool returns, bool session)
    {
        if (target.Length == 0)
            return new BpfUprobeMulti(string.Empty, string.Empty, returns, session);
        int colon = target.LastIndexOf(':');
        return colon > 0 && colon < target.Length - 1
            ? new BpfUprobeMulti(target[..colon], target[(colon + 1)..], returns, session)
            : Invalid(prefix, target, $"must name a program or library and a pattern of functions, as in {prefix}/libc.so.6:mem*");
    }

    private static BpfAttachPoint Usdt(string prefix, string target)
    {
        if (target.Length == 0)
            return new BpfUsdt(string.Empty, string.Empty, string.Empty);
        int name = target.LastIndexOf(':');
        int provider = name > 0 ? target.LastIndexOf(':', name - 1) : -1;
        return provider > 0 && name > provider + 1 && name < target.Length - 1
            ? new BpfUsdt(target[..provider], target[(provider + 1)..name], target[(name + 1)..])
            : Invalid(prefix, target, $"must name program or library, provider and probe, as in {prefix}/libc.so.6:libc:setjmp");
    }

    /// <summary>Decimal, or hexadecimal after <c>0x</c>.</summary>
    private static bool TryParseOffset(string text, out ulong offset) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out offset)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out offset);

    private static BpfInvalidAttachPoint Invalid(string prefix, string target, string problem) => new($"{prefix}/{target}", problem);
}

/// <summary>The name and kind by which the kernel's BTF knows something.</summary>
/// <param name="Name">The type's name.</param>
/// <param name="Kind">The type's kind.</param>
public readonly record struct BpfKernelTypeName(string Name, BtfKind Kind);

/// <summary>A program that is not attached but run: syscall programs, routes' lwt programs, entries of a devmap or cpumap.</summary>
public sealed record BpfNoAttachPoint : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "nothing: it is run, or entered in a map or route, and not attached";

    /// <inheritdoc/>
    public override string ToString() => "nowhere";
}

/// <summary>A section name that no loader knows, or whose target is malformed.</summary>
/// <param name="Text">The section name.</param>
/// <param name="Problem">What is wrong with it, in words that follow the name.</param>
public sealed record BpfInvalidAttachPoint(string Text, string Problem) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => $"a sound section name: SEC(\"{Text}\") {Problem}";

    /// <inheritdoc/>
    public override string ToString() => $"SEC(\"{Text}\"), which {Problem}";
}
