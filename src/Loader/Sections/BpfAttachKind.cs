namespace P3Ebpf.Loader;

/// <summary>How a program is attached when its section name says all that is needed.</summary>
public enum BpfAttachKind
{
    /// <summary>It cannot be attached without more being said (an interface, a cgroup, a process).</summary>
    None,

    /// <summary>A tracepoint, through a perf event.</summary>
    Tracepoint,

    /// <summary>A raw tracepoint.</summary>
    RawTracepoint,

    /// <summary>A function or tracepoint of the kernel's BTF: tp_btf, fentry, fexit, fmod_ret, lsm.</summary>
    Tracing,

    /// <summary>A kernel probe, at the entry of a function.</summary>
    Kprobe,

    /// <summary>A kernel probe, at the return of a function.</summary>
    Kretprobe,

    /// <summary>Kernel probes at many functions at once.</summary>
    KprobeMulti,

    /// <summary>A user-space probe, at the entry of a function.</summary>
    Uprobe,

    /// <summary>A user-space probe, at the return of a function.</summary>
    Uretprobe,

    /// <summary>User-space probes at many places at once.</summary>
    UprobeMulti,

    /// <summary>The entry of a system call.</summary>
    SystemCallEntry,

    /// <summary>The return of a system call.</summary>
    SystemCallReturn,

    /// <summary>A BPF iterator.</summary>
    Iterator,

    /// <summary>A replacement for another program's function.</summary>
    Extension,

    /// <summary>A static user-space tracing point.</summary>
    Usdt,

    /// <summary>A member of a struct_ops map, attached with it.</summary>
    StructOps,
}
