namespace P3Ebpf.Object.Uapi;

/// <summary>The kinds of programs, <c>enum bpf_prog_type</c>.</summary>
public enum BpfProgramType
{
    /// <summary>No type.</summary>
    Unspec = 0,

    /// <summary>Filters what a socket receives.</summary>
    SocketFilter = 1,

    /// <summary>Kernel and user probes, their multi forms, USDT. Linux 4.1.</summary>
    Kprobe = 2,

    /// <summary>Traffic control classifier, tcx, netkit. Linux 4.1.</summary>
    SchedCls = 3,

    /// <summary>Traffic control action. Linux 4.1.</summary>
    SchedAct = 4,

    /// <summary>Tracepoints of tracefs. Linux 4.7.</summary>
    Tracepoint = 5,

    /// <summary>Packets as the network driver receives them. Linux 4.8.</summary>
    Xdp = 6,

    /// <summary>Perf events, such as samples of a counter. Linux 4.9.</summary>
    PerfEvent = 7,

    /// <summary>Packets of a control group. Linux 4.10.</summary>
    CgroupSkb = 8,

    /// <summary>Creation and binding of sockets in a control group. Linux 4.10.</summary>
    CgroupSock = 9,

    /// <summary>Lightweight tunnel, received. Linux 4.10.</summary>
    LwtIn = 10,

    /// <summary>Lightweight tunnel, sent. Linux 4.10.</summary>
    LwtOut = 11,

    /// <summary>Lightweight tunnel, transmitted. Linux 4.10.</summary>
    LwtXmit = 12,

    /// <summary>Events of TCP connections. Linux 4.13.</summary>
    SockOps = 13,

    /// <summary>Stream parser and verdict of a sockmap. Linux 4.14.</summary>
    SkSkb = 14,

    /// <summary>Device access in a control group. Linux 4.15.</summary>
    CgroupDevice = 15,

    /// <summary>Messages sent on a socket of a sockmap. Linux 4.17.</summary>
    SkMsg = 16,

    /// <summary>Tracepoints with unprocessed arguments. Linux 4.17.</summary>
    RawTracepoint = 17,

    /// <summary>Socket addresses in a control group. Linux 4.17.</summary>
    CgroupSockAddr = 18,

    /// <summary>Segment routing. Linux 4.18.</summary>
    LwtSeg6local = 19,

    /// <summary>Infrared decoding. Linux 4.18.</summary>
    LircMode2 = 20,

    /// <summary>Choice of a socket in a reuseport group. Linux 4.19.</summary>
    SkReuseport = 21,

    /// <summary>Flow dissection. Linux 4.20.</summary>
    FlowDissector = 22,

    /// <summary>Access to sysctl in a control group. Linux 5.2.</summary>
    CgroupSysctl = 23,

    /// <summary>Raw tracepoints whose argument may be written. Linux 5.2.</summary>
    RawTracepointWritable = 24,

    /// <summary>getsockopt and setsockopt in a control group. Linux 5.3.</summary>
    CgroupSockopt = 25,

    /// <summary>fentry, fexit, fmod_ret, tp_btf, iterators. Linux 5.5.</summary>
    Tracing = 26,

    /// <summary>A function of a kernel structure, such as a scheduler's. Linux 5.6.</summary>
    StructOps = 27,

    /// <summary>Replaces a global function of another program. Linux 5.6.</summary>
    Ext = 28,

    /// <summary>Security hooks. Linux 5.7.</summary>
    Lsm = 29,

    /// <summary>Choice of the socket for a packet. Linux 5.9.</summary>
    SkLookup = 30,

    /// <summary>A program that makes bpf() calls itself. Linux 5.14.</summary>
    Syscall = 31,

    /// <summary>Netfilter hooks. Linux 6.4.</summary>
    Netfilter = 32,
}
