namespace P3Ebpf.Object.Uapi;

/// <summary>The kinds of links, <c>enum bpf_link_type</c>.</summary>
public enum BpfLinkType
{
    /// <summary>No type.</summary>
    Unspec = 0,

    /// <summary>Raw tracepoint.</summary>
    RawTracepoint = 1,

    /// <summary>fentry, fexit, fmod_ret, tp_btf, freplace, LSM.</summary>
    Tracing = 2,

    /// <summary>Control group.</summary>
    Cgroup = 3,

    /// <summary>Iterator.</summary>
    Iter = 4,

    /// <summary>Network namespace.</summary>
    Netns = 5,

    /// <summary>XDP on a device.</summary>
    Xdp = 6,

    /// <summary>Perf event: tracepoint, kprobe, uprobe, counter.</summary>
    PerfEvent = 7,

    /// <summary>Many kernel functions.</summary>
    KprobeMulti = 8,

    /// <summary>struct_ops map.</summary>
    StructOps = 9,

    /// <summary>Netfilter hook.</summary>
    Netfilter = 10,

    /// <summary>Traffic control on a device.</summary>
    Tcx = 11,

    /// <summary>Many places of an executable.</summary>
    UprobeMulti = 12,

    /// <summary>netkit device.</summary>
    Netkit = 13,

    /// <summary>sockmap.</summary>
    Sockmap = 14,

    /// <summary>Many kernel functions by trampoline.</summary>
    TracingMulti = 15,
}
