using Kind = P3Ebpf.Object.Sections.BpfAttachKind;
using Section = P3Ebpf.Object.Sections.BpfSectionFlags;
using Attach = P3Ebpf.Object.Uapi.BpfAttachType;
using Program = P3Ebpf.Object.Uapi.BpfProgramType;

namespace P3Ebpf.Object.Sections;

/// <summary>The section names that BPF objects use by convention, as in Documentation/bpf/libbpf/program_types.rst.</summary>
public static class BpfSectionDefinitions
{
    private const int MaximumNear = 3;

    /// <summary>All of them; the first that matches counts.</summary>
    public static IReadOnlyList<BpfSectionDefinition> All { get; } =
    [
        Exact("socket", Program.SocketFilter, Kind.Socket),
        Exact("sk_reuseport/migrate", Program.SkReuseport, Kind.Socket, Attach.SkReuseportSelectOrMigrate),
        Exact("sk_reuseport", Program.SkReuseport, Kind.Socket, Attach.SkReuseportSelect),
        Target("kprobe", Program.Kprobe, Kind.Kprobe),
        Target("kretprobe", Program.Kprobe, Kind.Kprobe),
        Target("uprobe", Program.Kprobe, Kind.Uprobe),
        Target("uprobe.s", Program.Kprobe, Kind.Uprobe, null, Section.Sleepable),
        Target("uretprobe", Program.Kprobe, Kind.Uprobe),
        Target("uretprobe.s", Program.Kprobe, Kind.Uprobe, null, Section.Sleepable),
        Target("kprobe.multi", Program.Kprobe, Kind.KprobeMulti, Attach.TraceKprobeMulti),
        Target("kretprobe.multi", Program.Kprobe, Kind.KprobeMulti, Attach.TraceKprobeMulti),
        Target("kprobe.session", Program.Kprobe, Kind.KprobeMulti, Attach.TraceKprobeSession),
        Target("uprobe.multi", Program.Kprobe, Kind.UprobeMulti, Attach.TraceUprobeMulti),
        Target("uretprobe.multi", Program.Kprobe, Kind.UprobeMulti, Attach.TraceUprobeMulti),
        Target("uprobe.session", Program.Kprobe, Kind.UprobeMulti, Attach.TraceUprobeSession),
        Target("uprobe.multi.s", Program.Kprobe, Kind.UprobeMulti, Attach.TraceUprobeMulti, Section.Sleepable),
        Target("uretprobe.multi.s", Program.Kprobe, Kind.UprobeMulti, Attach.TraceUprobeMulti, Section.Sleepable),
        Target("uprobe.session.s", Program.Kprobe, Kind.UprobeMulti, Attach.TraceUprobeSession, Section.Sleepable),
        Target("ksyscall", Program.Kprobe, Kind.SystemCall),
        Target("kretsyscall", Program.Kprobe, Kind.SystemCall),
        Target("usdt", Program.Kprobe, Kind.Usdt),
        Target("usdt.s", Program.Kprobe, Kind.Usdt, null, Section.Sleepable),
        Exact("tc/ingress", Program.SchedCls, Kind.Device, Attach.TcxIngress),
        Exact("tc/egress", Program.SchedCls, Kind.Device, Attach.TcxEgress),
        Exact("tcx/ingress", Program.SchedCls, Kind.Device, Attach.TcxIngress),
        Exact("tcx/egress", Program.SchedCls, Kind.Device, Attach.TcxEgress),
        Exact("tc", Program.SchedCls, Kind.Device),
        Exact("classifier", Program.SchedCls, Kind.Device),
        Exact("action", Program.SchedAct, Kind.None),
        Exact("netkit/primary", Program.SchedCls, Kind.Device, Attach.NetkitPrimary),
        Exact("netkit/peer", Program.SchedCls, Kind.Device, Attach.NetkitPeer),
        Target("tracepoint", Program.Tracepoint, Kind.Tracepoint),
        Target("tp", Program.Tracepoint, Kind.Tracepoint),
        Target("tracepoint.s", Program.Tracepoint, Kind.Tracepoint, null, Section.Sleepable),
        Target("tp.s", Program.Tracepoint, Kind.Tracepoint, null, Section.Sleepable),
        Target("raw_tracepoint", Program.RawTracepoint, Kind.RawTracepoint),
        Target("raw_tp", Program.RawTracepoint, Kind.RawTracepoint),
        Target("raw_tracepoint.s", Program.RawTracepoint, Kind.RawTracepoint, null, Section.Sleepable),
        Target("raw_tp.s", Program.RawTracepoint, Kind.RawTracepoint, null, Section.Sleepable),
        Target("raw_tracepoint.w", Program.RawTracepointWritable, Kind.RawTracepoint),
        Target("raw_tp.w", Program.RawTracepointWritable, Kind.RawTracepoint),
        Target("tp_btf", Program.Tracing, Kind.BtfTarget, Attach.TraceRawTp),
        Target("tp_btf.s", Program.Tracing, Kind.BtfTarget, Attach.TraceRawTp, Section.Sleepable),
        Target("fentry", Program.Tracing, Kind.BtfTarget, Attach.TraceFentry),
        Target("fentry.s", Program.Tracing, Kind.BtfTarget, Attach.TraceFentry, Section.Sleepable),
        Target("fexit", Program.Tracing, Kind.BtfTarget, Attach.TraceFexit),
        Target("fexit.s", Program.Tracing, Kind.BtfTarget, Attach.TraceFexit, Section.Sleepable),
        Target("fmod_ret", Program.Tracing, Kind.BtfTarget, Attach.ModifyReturn),
        Target("fmod_ret.s", Program.Tracing, Kind.BtfTarget, Attach.ModifyReturn, Section.Sleepable),
        Target("fsession", Program.Tracing, Kind.BtfTarget, Attach.TraceFsession),
        Target("fsession.s", Program.Tracing, Kind.BtfTarget, Attach.TraceFsession, Section.Sleepable),
        Target("fentry.multi", Program.Tracing, Kind.TracingMulti, Attach.TraceFentryMulti),
        Target("fentry.multi.s", Program.Tracing, Kind.TracingMulti, Attach.TraceFentryMulti, Section.Sleepable),
        Target("fexit.multi", Program.Tracing, Kind.TracingMulti, Attach.TraceFexitMulti),
        Target("fexit.multi.s", Program.Tracing, Kind.TracingMulti, Attach.TraceFexitMulti, Section.Sleepable),
        Target("fsession.multi", Program.Tracing, Kind.TracingMulti, Attach.TraceFsessionMulti),
        Target("fsession.multi.s", Program.Tracing, Kind.TracingMulti, Attach.TraceFsessionMulti, Section.Sleepable),
        Target("freplace", Program.Ext, Kind.Extension, null),
        Target("lsm", Program.Lsm, Kind.BtfTarget, Attach.LsmMac),
        Target("lsm.s", Program.Lsm, Kind.BtfTarget, Attach.LsmMac, Section.Sleepable),
        Target("lsm_cgroup", Program.Lsm, Kind.BtfTarget, Attach.LsmCgroup),
        Target("iter", Program.Tracing, Kind.Iterator, Attach.TraceIter),
        Target("iter.s", Program.Tracing, Kind.Iterator, Attach.TraceIter, Section.Sleepable),
        Exact("syscall", Program.Syscall, Kind.None, null, Section.Sleepable),
        Exact("xdp.frags/devmap", Program.Xdp, Kind.None, Attach.XdpDevmap, Section.XdpFragments),
        Exact("xdp/devmap", Program.Xdp, Kind.None, Attach.XdpDevmap),
        Exact("xdp.frags/cpumap", Program.Xdp, Kind.None, Attach.XdpCpumap, Section.XdpFragments),
        Exact("xdp/cpumap", Program.Xdp, Kind.None, Attach.XdpCpumap),
        Exact("xdp.frags", Program.Xdp, Kind.Device, Attach.Xdp, Section.XdpFragments | Section.OptionalAttachType),
        Exact("xdp", Program.Xdp, Kind.Device, Attach.Xdp, Section.OptionalAttachType),
        Exact("perf_event", Program.PerfEvent, Kind.PerfEvent),
        Exact("lwt_in", Program.LwtIn, Kind.None),
        Exact("lwt_out", Program.LwtOut, Kind.None),
        Exact("lwt_xmit", Program.LwtXmit, Kind.None),
        Exact("lwt_seg6local", Program.LwtSeg6local, Kind.None),
        Exact("sockops", Program.SockOps, Kind.Cgroup, Attach.CgroupSockOps, Section.OptionalAttachType),
        Exact("sk_skb/stream_parser", Program.SkSkb, Kind.SocketMap, Attach.SkSkbStreamParser, Section.OptionalAttachType),
        Exact("sk_skb/stream_verdict", Program.SkSkb, Kind.SocketMap, Attach.SkSkbStreamVerdict, Section.OptionalAttachType),
        Exact("sk_skb/verdict", Program.SkSkb, Kind.SocketMap, Attach.SkSkbVerdict, Section.OptionalAttachType),
        Exact("sk_skb", Program.SkSkb, Kind.SocketMap),
        Exact("sk_msg", Program.SkMsg, Kind.SocketMap, Attach.SkMsgVerdict, Section.OptionalAttachType),
        Exact("lirc_mode2", Program.LircMode2, Kind.LircDevice, Attach.LircMode2, Section.OptionalAttachType),
        Exact("flow_dissector", Program.FlowDissector, Kind.NetworkNamespace, Attach.FlowDissector, Section.OptionalAttachType),
        Exact("cgroup_skb/ingress", Program.CgroupSkb, Kind.Cgroup, Attach.CgroupInetIngress, Section.OptionalAttachType),
        Exact("cgroup_skb/egress", Program.CgroupSkb, Kind.Cgroup, Attach.CgroupInetEgress, Section.OptionalAttachType),
        Exact("cgroup/skb", Program.CgroupSkb, Kind.Cgroup),
        Exact("cgroup/sock_create", Program.CgroupSock, Kind.Cgroup, Attach.CgroupInetSockCreate),
        Exact("cgroup/sock_release", Program.CgroupSock, Kind.Cgroup, Attach.CgroupInetSockRelease),
        Exact("cgroup/sock", Program.CgroupSock, Kind.Cgroup, Attach.CgroupInetSockCreate, Section.OptionalAttachType),
        Exact("cgroup/post_bind4", Program.CgroupSock, Kind.Cgroup, Attach.CgroupInet4PostBind),
        Exact("cgroup/post_bind6", Program.CgroupSock, Kind.Cgroup, Attach.CgroupInet6PostBind),
        Exact("cgroup/bind4", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet4Bind),
        Exact("cgroup/bind6", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet6Bind),
        Exact("cgroup/connect4", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet4Connect),
        Exact("cgroup/connect6", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet6Connect),
        Exact("cgroup/connect_unix", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUnixConnect),
        Exact("cgroup/sendmsg4", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUdp4Sendmsg),
        Exact("cgroup/sendmsg6", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUdp6Sendmsg),
        Exact("cgroup/sendmsg_unix", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUnixSendmsg),
        Exact("cgroup/recvmsg4", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUdp4Recvmsg),
        Exact("cgroup/recvmsg6", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUdp6Recvmsg),
        Exact("cgroup/recvmsg_unix", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUnixRecvmsg),
        Exact("cgroup/getpeername4", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet4Getpeername),
        Exact("cgroup/getpeername6", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet6Getpeername),
        Exact("cgroup/getpeername_unix", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUnixGetpeername),
        Exact("cgroup/getsockname4", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet4Getsockname),
        Exact("cgroup/getsockname6", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupInet6Getsockname),
        Exact("cgroup/getsockname_unix", Program.CgroupSockAddr, Kind.Cgroup, Attach.CgroupUnixGetsockname),
        Exact("cgroup/sysctl", Program.CgroupSysctl, Kind.Cgroup, Attach.CgroupSysctl),
        Exact("cgroup/getsockopt", Program.CgroupSockopt, Kind.Cgroup, Attach.CgroupGetsockopt),
        Exact("cgroup/setsockopt", Program.CgroupSockopt, Kind.Cgroup, Attach.CgroupSetsockopt),
        Exact("cgroup/dev", Program.CgroupDevice, Kind.Cgroup, Attach.CgroupDevice, Section.OptionalAttachType),
        Target("struct_ops", Program.StructOps, Kind.StructOps),
        Target("struct_ops.s", Program.StructOps, Kind.StructOps, null, Section.Sleepable),
        Exact("sk_lookup", Program.SkLookup, Kind.NetworkNamespace, Attach.SkLookup),
        Exact("netfilter", Program.Netfilter, Kind.Netfilter, Attach.Netfilter),
    ];

    /// <summary>The definition that a section name, without a leading <c>?</c>, falls under.</summary>
    public static bool TryFind(string sectionName, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out BpfSectionDefinition? definition)
    {
        foreach (BpfSectionDefinition candidate in All)
        {
            if (candidate.Matches(sectionName))
            {
                definition = candidate;
                return true;
            }
        }

        definition = null;
        return false;
    }

    /// <summary>The names that somebody may have meant who chose a section name that falls under no definition, best first.</summary>
    public static IReadOnlyList<string> Near(string sectionName)
    {
        ArgumentNullException.ThrowIfNull(sectionName);
        string wanted = sectionName.TrimStart('?');
        if (wanted.Length == 0)
            return [];
        string[] names = [.. All.Select(definition => definition.Prefix).Distinct()];

        // tc/prog_a, xdp-prog1, socket1: libbpf before 1.0 took what a name begins with. cgroup/connect: the end is missing.
        string[] begun = [.. names.Where(name => name.StartsWith(wanted, StringComparison.Ordinal)).Take(MaximumNear)];
        if (begun.Length != 0)
            return begun;
        string alike = wanted.Replace('_', '/');
        string? beginning = names.Where(name => wanted.StartsWith(name, StringComparison.Ordinal) || alike.StartsWith(name, StringComparison.Ordinal))
            .OrderByDescending(name => name.Length).FirstOrDefault();
        if (beginning is not null)
            return [beginning];

        // Misspelt, with a target behind it or as a whole.
        string[] heads = [wanted, wanted.Split('/')[0]];
        return
        [
            .. names.Select(name => (Name: name, Distance: heads.Min(head => Distance(head, name))))
                .Where(each => each.Distance != BtfNameDistance.Unlike).OrderBy(each => each.Distance).Take(MaximumNear).Select(each => each.Name),
        ];

        static int Distance(string wanted, string name) => BtfNameDistance.Between(System.Text.Encoding.UTF8.GetBytes(wanted), System.Text.Encoding.UTF8.GetBytes(name));
    }

    private static BpfSectionDefinition Exact(string name, Program type, Kind kind, Attach? attach = null, Section flags = Section.None) =>
        new(name, type, attach, flags, kind);

    private static BpfSectionDefinition Target(
        string prefix, Program type, Kind kind, Attach? attach = null, Section flags = Section.None) =>
        new(prefix, type, attach, flags | Section.TakesTarget, kind);
}
