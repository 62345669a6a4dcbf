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

/// <summary>A tracepoint of tracefs, reached through a perf event.</summary>
/// <param name="Category">The category, such as <c>sched</c>.</param>
/// <param name="Name">The tracepoint, such as <c>sched_switch</c>.</param>
public sealed record BpfTracepoint(string Category, string Name) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Name.Length == 0 ? "a tracepoint (CATEGORY/NAME)" : null;

    /// <inheritdoc/>
    public override string ToString() => $"tracepoint {Category}/{Name}";
}

/// <summary>A raw tracepoint, named without category.</summary>
/// <param name="Name">The tracepoint, such as <c>sched_switch</c>.</param>
public sealed record BpfRawTracepoint(string Name) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Name.Length == 0 ? "a tracepoint" : null;

    /// <inheritdoc/>
    public override BpfKernelTypeName? KernelType => Name.Length == 0 ? null : new("btf_trace_" + Name, BtfKind.Typedef);

    /// <inheritdoc/>
    public override string ToString() => $"raw tracepoint {Name}";
}

/// <summary>Something that BTF describes: tp_btf, fentry, fexit, fmod_ret, fsession, lsm and lsm_cgroup.</summary>
/// <param name="Type">How it is attached; tells the prefix of the name in BTF.</param>
/// <param name="Name">The function, hook or tracepoint.</param>
/// <param name="Module">The kernel module that alone is looked in, <c>vmlinux</c> for the kernel itself; <see langword="null"/> for all.</param>
public sealed record BpfBtfTarget(BpfAttachType Type, string Name, string? Module = null) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Name.Length == 0 ? "a function, hook or tracepoint of the kernel (or of a BPF program)"
        : Type == BpfAttachType.LsmCgroup ? "a control group" : null;

    /// <inheritdoc/>
    public override BpfKernelTypeName? KernelType => Name.Length == 0 ? null : Type switch
    {
        BpfAttachType.TraceRawTp => new("btf_trace_" + Name, BtfKind.Typedef),
        BpfAttachType.LsmMac or BpfAttachType.LsmCgroup => new("bpf_lsm_" + Name, BtfKind.Func),
        _ => new(Name, BtfKind.Func),
    };

    /// <inheritdoc/>
    public override string ToString() => Module is null ? Name : $"{Module}:{Name}";
}

/// <summary>A probe of a kernel function.</summary>
/// <param name="Function">The function as in <c>/proc/kallsyms</c>.</param>
/// <param name="Offset">Bytes from its beginning.</param>
/// <param name="AtReturn">Whether it runs when the function returns.</param>
public sealed record BpfKprobe(string Function, ulong Offset, bool AtReturn) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Function.Length == 0 ? "a kernel function" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(AtReturn ? "kretprobe" : "kprobe")} {Function}{(Offset == 0 ? string.Empty : $"+0x{Offset:x}")}";
}

/// <summary>Probes of many kernel functions through one link.</summary>
/// <param name="Pattern">A name, with <c>*</c> and <c>?</c> as wildcards.</param>
/// <param name="AtReturn">Whether they run when the functions return.</param>
/// <param name="IsSession">Whether one program runs at entry and return.</param>
public sealed record BpfKprobeMulti(string Pattern, bool AtReturn, bool IsSession) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Pattern.Length == 0 ? "a pattern of kernel functions" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsSession ? "kprobe.session" : AtReturn ? "kretprobe.multi" : "kprobe.multi")} {Pattern}";
}

/// <summary>A probe of the kernel function behind a system call.</summary>
/// <param name="Name">The system call, such as <c>openat</c>.</param>
/// <param name="AtReturn">Whether it runs when the call returns.</param>
public sealed record BpfSystemCallProbe(string Name, bool AtReturn) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Name.Length == 0 ? "a system call" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(AtReturn ? "kretsyscall" : "ksyscall")} {Name}";
}

/// <summary>A probe of a function of a program or library.</summary>
/// <param name="Binary">A path, or a name that is looked up as the dynamic linker and the shell do.</param>
/// <param name="Function">The function, perhaps with <c>@VERSION</c>; empty where <paramref name="Offset"/> counts from the start of the file.</param>
/// <param name="Offset">Bytes from the start of the function, or of the file.</param>
/// <param name="AtReturn">Whether it runs when the function returns.</param>
public sealed record BpfUprobe(string Binary, string Function, ulong Offset, bool AtReturn) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Binary.Length == 0 ? "a program or library and a function in it" : null;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(AtReturn ? "uretprobe" : "uprobe")} {Binary}:{Function}{(Function.Length == 0 ? $"0x{Offset:x}" : Offset == 0 ? string.Empty : $"+0x{Offset:x}")}";
}

/// <summary>Probes of many functions of a program or library through one link.</summary>
/// <param name="Binary">A path, or a name that is looked up as the dynamic linker and the shell do.</param>
/// <param name="Pattern">A name, with <c>*</c> and <c>?</c> as wildcards.</param>
/// <param name="AtReturn">Whether they run when the functions return.</param>
/// <param name="IsSession">Whether one program runs at entry and return.</param>
public sealed record BpfUprobeMulti(string Binary, string Pattern, bool AtReturn, bool IsSession) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Binary.Length == 0 ? "a program or library and a pattern of functions in it" : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsSession ? "uprobe.session" : AtReturn ? "uretprobe.multi" : "uprobe.multi")} {Binary}:{Pattern}";
}

/// <summary>A static probe that a program or library was built with.</summary>
/// <param name="Binary">A path, or a name that is looked up as the dynamic linker and the shell do.</param>
/// <param name="Provider">The probe's provider.</param>
/// <param name="Name">The probe.</param>
public sealed record BpfUsdt(string Binary, string Provider, string Name) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Binary.Length == 0 ? "a program or library, a provider and a probe" : null;

    /// <inheritdoc/>
    public override string ToString() => $"usdt {Binary}:{Provider}:{Name}";
}

/// <summary>A walk over kernel objects, made by who reads it.</summary>
/// <param name="Name">What is walked, such as <c>task</c> or <c>bpf_map_elem</c>.</param>
public sealed record BpfIteratorTarget(string Name) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Name.Length == 0 ? "what to walk, as in iter/task" : null;

    /// <inheritdoc/>
    public override BpfKernelTypeName? KernelType => Name.Length == 0 ? null : new("bpf_iter_" + Name, BtfKind.Func);

    /// <inheritdoc/>
    public override string ToString() => $"iterator {Name}";
}

/// <summary>A global function of another BPF program, which is replaced (freplace).</summary>
/// <param name="Function">The function; may be empty where the target is set otherwise.</param>
public sealed record BpfExtensionTarget(string Function) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "the program whose function is replaced";

    /// <inheritdoc/>
    public override string ToString() => $"freplace {Function}";
}

/// <summary>A member of a struct_ops map; attached with the map.</summary>
/// <param name="Member">The member's name where the section says it; the map decides.</param>
public sealed record BpfStructOpsMember(string Member) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "its struct_ops map, with which it is attached";

    /// <inheritdoc/>
    public override string ToString() => $"struct_ops {Member}";
}

/// <summary>A network device: XDP, tc, tcx, netkit.</summary>
/// <param name="Type">Where on the device; <see langword="null"/> for <c>tc</c> and <c>classifier</c>, which leave the direction open.</param>
public sealed record BpfDeviceHook(BpfAttachType? Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => Type is null ? "a network device and a direction (ingress or egress)" : "a network device";

    /// <inheritdoc/>
    public override string ToString() => Type is { } type ? $"{type} of a network device" : "a network device";
}

/// <summary>A control group.</summary>
/// <param name="Type">Which hook; <see langword="null"/> where the section leaves it open.</param>
public sealed record BpfCgroupHook(BpfAttachType? Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a control group";

    /// <inheritdoc/>
    public override string ToString() => Type is { } type ? $"{type} of a control group" : "a control group";
}

/// <summary>A network namespace: sk_lookup and flow_dissector.</summary>
/// <param name="Type">Which hook.</param>
public sealed record BpfNetworkNamespaceHook(BpfAttachType Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a network namespace";

    /// <inheritdoc/>
    public override string ToString() => $"{Type} of a network namespace";
}

/// <summary>A map of sockets: sk_skb and sk_msg.</summary>
/// <param name="Type">Which hook; <see langword="null"/> where the section leaves it open.</param>
public sealed record BpfSocketMapHook(BpfAttachType? Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a sockmap or sockhash";

    /// <inheritdoc/>
    public override string ToString() => Type is { } type ? $"{type} of a map of sockets" : "a map of sockets";
}

/// <summary>A socket: socket filters and reuseport programs.</summary>
public sealed record BpfSocketHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a socket";

    /// <inheritdoc/>
    public override string ToString() => "a socket";
}

/// <summary>A perf event that somebody opens.</summary>
public sealed record BpfPerfEventHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a perf event";

    /// <inheritdoc/>
    public override string ToString() => "a perf event";
}

/// <summary>A netfilter hook.</summary>
public sealed record BpfNetfilterHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a protocol family, hook and priority";

    /// <inheritdoc/>
    public override string ToString() => "a netfilter hook";
}

/// <summary>An infrared receiver.</summary>
public sealed record BpfLircHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a LIRC device";

    /// <inheritdoc/>
    public override string ToString() => "a LIRC device";
}

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
