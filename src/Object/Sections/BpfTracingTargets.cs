namespace P3Ebpf.Object.Sections;

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

/// <summary>Many functions of the kernel's BTF, watched through one link: fentry.multi, fexit.multi and fsession.multi. Linux 7.2.</summary>
/// <param name="Type">Whether at entry, at return, or both.</param>
/// <param name="Pattern">A function, or a pattern of functions with <c>*</c> and <c>?</c>.</param>
/// <param name="Module">The kernel module whose functions they are; <see langword="null"/> or <c>vmlinux</c> for the kernel itself.</param>
public sealed record BpfTracingMulti(BpfAttachType Type, string Pattern, string? Module = null) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string? Missing => Pattern.Length == 0 ? "functions of the kernel, as in fentry.multi/vfs_*" : null;

    /// <inheritdoc/>
    public override string ToString() => Module is null ? Pattern : $"{Module}:{Pattern}";
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
