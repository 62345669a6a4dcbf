namespace P3Ebpf.Object.Sections;

/// <summary>How the target of a section name is to be understood; see <see cref="BpfAttachPoint"/>.</summary>
public enum BpfAttachKind
{
    /// <summary>It is run, or entered in a map or route, and not attached.</summary>
    None,

    /// <summary>A tracepoint, through a perf event.</summary>
    Tracepoint,

    /// <summary>A raw tracepoint.</summary>
    RawTracepoint,

    /// <summary>A function or tracepoint of the kernel's BTF: tp_btf, fentry, fexit, fmod_ret, fsession, lsm, lsm_cgroup.</summary>
    BtfTarget,

    /// <summary>A kernel probe, at the entry or return of a function.</summary>
    Kprobe,

    /// <summary>Kernel probes at many functions at once.</summary>
    KprobeMulti,

    /// <summary>The entry or return of a system call.</summary>
    SystemCall,

    /// <summary>A user-space probe, at the entry or return of a function.</summary>
    Uprobe,

    /// <summary>User-space probes at many places at once.</summary>
    UprobeMulti,

    /// <summary>A static user-space tracing point.</summary>
    Usdt,

    /// <summary>A BPF iterator.</summary>
    Iterator,

    /// <summary>A replacement for another program's function.</summary>
    Extension,

    /// <summary>A member of a struct_ops map, attached with it.</summary>
    StructOps,

    /// <summary>A network device: XDP, tc, tcx, netkit.</summary>
    Device,

    /// <summary>A control group.</summary>
    Cgroup,

    /// <summary>A network namespace.</summary>
    NetworkNamespace,

    /// <summary>A map of sockets.</summary>
    SocketMap,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A perf event.</summary>
    PerfEvent,

    /// <summary>A netfilter hook.</summary>
    Netfilter,

    /// <summary>An infrared receiver.</summary>
    LircDevice,

    /// <summary>Many functions of the kernel's BTF at once: fentry.multi, fexit.multi, fsession.multi.</summary>
    TracingMulti,
}
