namespace P3Ebpf.Object.Uapi;

/// <summary>Where a program is attached, <c>enum bpf_attach_type</c>.</summary>
public enum BpfAttachType
{
    /// <summary>Packets that a control group receives.</summary>
    CgroupInetIngress = 0,

    /// <summary>Packets that a control group sends.</summary>
    CgroupInetEgress = 1,

    /// <summary>Creation of a socket.</summary>
    CgroupInetSockCreate = 2,

    /// <summary>Events of TCP connections.</summary>
    CgroupSockOps = 3,

    /// <summary>Finds message boundaries for a sockmap.</summary>
    SkSkbStreamParser = 4,

    /// <summary>Decides on a message of a sockmap.</summary>
    SkSkbStreamVerdict = 5,

    /// <summary>Access to devices.</summary>
    CgroupDevice = 6,

    /// <summary>Decides on a message sent through a sockmap.</summary>
    SkMsgVerdict = 7,

    /// <summary>bind, IPv4.</summary>
    CgroupInet4Bind = 8,

    /// <summary>bind, IPv6.</summary>
    CgroupInet6Bind = 9,

    /// <summary>connect, IPv4.</summary>
    CgroupInet4Connect = 10,

    /// <summary>connect, IPv6.</summary>
    CgroupInet6Connect = 11,

    /// <summary>After bind, IPv4.</summary>
    CgroupInet4PostBind = 12,

    /// <summary>After bind, IPv6.</summary>
    CgroupInet6PostBind = 13,

    /// <summary>UDP sendmsg, IPv4.</summary>
    CgroupUdp4Sendmsg = 14,

    /// <summary>UDP sendmsg, IPv6.</summary>
    CgroupUdp6Sendmsg = 15,

    /// <summary>Infrared receiver.</summary>
    LircMode2 = 16,

    /// <summary>Flow dissector of a network namespace.</summary>
    FlowDissector = 17,

    /// <summary>Access to sysctl.</summary>
    CgroupSysctl = 18,

    /// <summary>UDP recvmsg, IPv4.</summary>
    CgroupUdp4Recvmsg = 19,

    /// <summary>UDP recvmsg, IPv6.</summary>
    CgroupUdp6Recvmsg = 20,

    /// <summary>getsockopt.</summary>
    CgroupGetsockopt = 21,

    /// <summary>setsockopt.</summary>
    CgroupSetsockopt = 22,

    /// <summary>Raw tracepoint with typed arguments (tp_btf).</summary>
    TraceRawTp = 23,

    /// <summary>Entry of a kernel function.</summary>
    TraceFentry = 24,

    /// <summary>Exit of a kernel function.</summary>
    TraceFexit = 25,

    /// <summary>Entry of a kernel function, with the right to set its result (fmod_ret).</summary>
    ModifyReturn = 26,

    /// <summary>Security hook.</summary>
    LsmMac = 27,

    /// <summary>Iterator over kernel objects.</summary>
    TraceIter = 28,

    /// <summary>getpeername, IPv4.</summary>
    CgroupInet4Getpeername = 29,

    /// <summary>getpeername, IPv6.</summary>
    CgroupInet6Getpeername = 30,

    /// <summary>getsockname, IPv4.</summary>
    CgroupInet4Getsockname = 31,

    /// <summary>getsockname, IPv6.</summary>
    CgroupInet6Getsockname = 32,

    /// <summary>XDP program of a devmap entry.</summary>
    XdpDevmap = 33,

    /// <summary>Release of a socket.</summary>
    CgroupInetSockRelease = 34,

    /// <summary>XDP program of a cpumap entry.</summary>
    XdpCpumap = 35,

    /// <summary>Socket lookup of a network namespace.</summary>
    SkLookup = 36,

    /// <summary>XDP program of a device.</summary>
    Xdp = 37,

    /// <summary>Decides on a packet of a sockmap.</summary>
    SkSkbVerdict = 38,

    /// <summary>Choice in a reuseport group.</summary>
    SkReuseportSelect = 39,

    /// <summary>Choice in a reuseport group, also when a listener goes away.</summary>
    SkReuseportSelectOrMigrate = 40,

    /// <summary>Perf event: tracepoint, kprobe, uprobe, counter. As a link since Linux 5.15.</summary>
    PerfEvent = 41,

    /// <summary>Many kernel functions at once. Linux 5.18.</summary>
    TraceKprobeMulti = 42,

    /// <summary>Security hook for a control group. Linux 6.0.</summary>
    LsmCgroup = 43,

    /// <summary>struct_ops map as a link. Linux 6.4.</summary>
    StructOps = 44,

    /// <summary>Netfilter hook. Linux 6.4.</summary>
    Netfilter = 45,

    /// <summary>Traffic control, received. Linux 6.6.</summary>
    TcxIngress = 46,

    /// <summary>Traffic control, sent. Linux 6.6.</summary>
    TcxEgress = 47,

    /// <summary>Many places of an executable at once. Linux 6.6.</summary>
    TraceUprobeMulti = 48,

    /// <summary>connect, Unix sockets. Linux 6.7.</summary>
    CgroupUnixConnect = 49,

    /// <summary>sendmsg, Unix sockets. Linux 6.7.</summary>
    CgroupUnixSendmsg = 50,

    /// <summary>recvmsg, Unix sockets. Linux 6.7.</summary>
    CgroupUnixRecvmsg = 51,

    /// <summary>getpeername, Unix sockets. Linux 6.7.</summary>
    CgroupUnixGetpeername = 52,

    /// <summary>getsockname, Unix sockets. Linux 6.7.</summary>
    CgroupUnixGetsockname = 53,

    /// <summary>Primary device of a netkit pair. Linux 6.7.</summary>
    NetkitPrimary = 54,

    /// <summary>Peer device of a netkit pair. Linux 6.7.</summary>
    NetkitPeer = 55,

    /// <summary>Entry and exit of many kernel functions. Linux 6.10.</summary>
    TraceKprobeSession = 56,

    /// <summary>Entry and exit of many places of an executable. Linux 6.13.</summary>
    TraceUprobeSession = 57,

    /// <summary>Entry and exit of a kernel function. Linux 7.0.</summary>
    TraceFsession = 58,

    /// <summary>Entry of many kernel functions. Linux 7.2.</summary>
    TraceFentryMulti = 59,

    /// <summary>Exit of many kernel functions. Linux 7.2.</summary>
    TraceFexitMulti = 60,

    /// <summary>Entry and exit of many kernel functions. Linux 7.2.</summary>
    TraceFsessionMulti = 61,
}
