namespace P3Ebpf.Object.Uapi;

/// <summary>Which Linux version brought what.</summary>
/// <remarks>Source: the commits that added each, with the releases that first have them, as eBPF Docs lists them (data/feature-versions.yaml); what the BTF
/// of captured kernels says (bpf_func_id, bpf_map_type, bpf_prog_type) agrees.</remarks>
public static class BpfHistory
{
    /// <summary>The first kernel with a kind of map.</summary>
    public static Version Since(this BpfMapType type) => new(type switch
    {
        <= BpfMapType.Array => "3.19",
        BpfMapType.ProgArray => "4.2",
        BpfMapType.PerfEventArray => "4.3",
        <= BpfMapType.StackTrace => "4.6",
        BpfMapType.CgroupArray => "4.8",
        <= BpfMapType.LruPercpuHash => "4.10",
        BpfMapType.LpmTrie => "4.11",
        <= BpfMapType.HashOfMaps => "4.12",
        <= BpfMapType.Sockmap => "4.14",
        BpfMapType.Cpumap => "4.15",
        <= BpfMapType.Sockhash => "4.18",
        <= BpfMapType.ReuseportSockarray => "4.19",
        <= BpfMapType.Stack => "4.20",
        BpfMapType.SkStorage => "5.2",
        BpfMapType.DevmapHash => "5.4",
        BpfMapType.StructOps => "5.6",
        BpfMapType.Ringbuf => "5.8",
        BpfMapType.InodeStorage => "5.10",
        BpfMapType.TaskStorage => "5.11",
        BpfMapType.BloomFilter => "5.16",
        BpfMapType.UserRingbuf => "6.1",
        BpfMapType.CgrpStorage => "6.2",
        BpfMapType.Arena => "6.9",
        BpfMapType.InsnArray => "6.19",
        _ => "7.2",
    });

    /// <summary>The first kernel with a flag of map creation.</summary>
    /// <param name="flag">One flag.</param>
    public static Version Since(this BpfMapFlags flag) => new(flag switch
    {
        <= BpfMapFlags.NoPrealloc => "4.6",
        BpfMapFlags.NoCommonLru => "4.10",
        BpfMapFlags.NumaNode => "4.14",
        <= BpfMapFlags.WriteOnly => "4.15",
        BpfMapFlags.StackBuildId => "4.17",
        BpfMapFlags.ZeroSeed => "5.0",
        <= BpfMapFlags.WriteOnlyProgram => "5.2",
        BpfMapFlags.Clone => "5.4",
        BpfMapFlags.Mmapable => "5.5",
        <= BpfMapFlags.InnerMap => "5.10",
        BpfMapFlags.Link => "6.4",
        BpfMapFlags.PathFd => "6.5",
        <= BpfMapFlags.NoUserConv => "6.9",
        _ => "6.19",
    });

    /// <summary>The first kernel with a kind of program.</summary>
    public static Version Since(this BpfProgramType type) => new(type switch
    {
        <= BpfProgramType.SocketFilter => "3.19",
        <= BpfProgramType.SchedAct => "4.1",
        BpfProgramType.Tracepoint => "4.7",
        BpfProgramType.Xdp => "4.8",
        BpfProgramType.PerfEvent => "4.9",
        <= BpfProgramType.LwtXmit => "4.10",
        BpfProgramType.SockOps => "4.13",
        BpfProgramType.SkSkb => "4.14",
        BpfProgramType.CgroupDevice => "4.15",
        <= BpfProgramType.CgroupSockAddr => "4.17",
        <= BpfProgramType.LircMode2 => "4.18",
        BpfProgramType.SkReuseport => "4.19",
        BpfProgramType.FlowDissector => "4.20",
        <= BpfProgramType.RawTracepointWritable => "5.2",
        BpfProgramType.CgroupSockopt => "5.3",
        BpfProgramType.Tracing => "5.5",
        <= BpfProgramType.Ext => "5.6",
        BpfProgramType.Lsm => "5.7",
        BpfProgramType.SkLookup => "5.9",
        BpfProgramType.Syscall => "5.14",
        _ => "6.4",
    });

    /// <summary>The first kernel that can attach there through a link.</summary>
    public static Version Since(this BpfAttachType type) => new(type switch
    {
        BpfAttachType.PerfEvent => "5.15",
        BpfAttachType.TraceKprobeMulti => "5.18",
        BpfAttachType.LsmCgroup => "6.0",
        BpfAttachType.StructOps or BpfAttachType.Netfilter => "6.4",
        BpfAttachType.TcxIngress or BpfAttachType.TcxEgress or BpfAttachType.TraceUprobeMulti => "6.6",
        >= BpfAttachType.CgroupUnixConnect and <= BpfAttachType.NetkitPeer => "6.7",
        BpfAttachType.TraceKprobeSession => "6.10",
        BpfAttachType.TraceUprobeSession => "6.13",
        BpfAttachType.TraceFsession => "7.0",
        >= BpfAttachType.TraceFentryMulti => "7.2",
        BpfAttachType.Xdp or BpfAttachType.SkLookup => "5.9",
        BpfAttachType.TraceIter or BpfAttachType.FlowDissector => "5.8",
        BpfAttachType.SkSkbStreamParser or BpfAttachType.SkSkbStreamVerdict or BpfAttachType.SkSkbVerdict or BpfAttachType.SkMsgVerdict => "6.10",
        _ => "5.7",
    });

    /// <summary>The first kernel with a helper. Numbers were given in the order in which helpers came.</summary>
    public static Version Since(this BpfHelper helper) => new(helper switch
    {
        <= BpfHelper.MapDeleteElem => "3.19",
        <= BpfHelper.L4CsumReplace => "4.1",
        <= BpfHelper.GetCurrentComm => "4.2",
        <= BpfHelper.PerfEventRead => "4.3",
        <= BpfHelper.PerfEventOutput => "4.4",
        <= BpfHelper.SkbLoadBytes => "4.5",
        <= BpfHelper.SkbSetTunnelOpt => "4.6",
        <= BpfHelper.ProbeWriteUser => "4.8",
        <= BpfHelper.SetHashInvalid => "4.9",
        <= BpfHelper.XdpAdjustHead => "4.10",
        <= BpfHelper.ProbeReadStr => "4.11",
        <= BpfHelper.GetSocketUid => "4.12",
        <= BpfHelper.SkbAdjustRoom => "4.13",
        <= BpfHelper.SockMapUpdate => "4.14",
        <= BpfHelper.Getsockopt => "4.15",
        <= BpfHelper.SockOpsCbFlagsSet => "4.16",
        <= BpfHelper.Bind => "4.17",
        <= BpfHelper.GetCurrentCgroupId => "4.18",
        <= BpfHelper.SkbAncestorCgroupId => "4.19",
        <= BpfHelper.MsgPushData => "4.20",
        <= BpfHelper.RcPointerRel => "5.0",
        <= BpfHelper.GetListenerSock => "5.1",
        <= BpfHelper.SkStorageDelete => "5.2",
        <= BpfHelper.SendSignal => "5.3",
        <= BpfHelper.TcpGenSyncookie => "5.4",
        <= BpfHelper.ProbeReadKernelStr => "5.5",
        <= BpfHelper.Jiffies64 => "5.6",
        <= BpfHelper.SkAssign => "5.7",
        <= BpfHelper.CsumLevel => "5.8",
        <= BpfHelper.GetTaskStack => "5.9",
        <= BpfHelper.RedirectPeer => "5.10",
        <= BpfHelper.SockFromFile => "5.11",
        <= BpfHelper.CheckMtu => "5.12",
        <= BpfHelper.Snprintf => "5.13",
        <= BpfHelper.SysClose => "5.14",
        <= BpfHelper.TaskPtRegs => "5.15",
        <= BpfHelper.KallsymsLookupName => "5.16",
        <= BpfHelper.GetFuncArgCnt => "5.17",
        <= BpfHelper.ImaFileHash => "5.18",
        <= BpfHelper.DynptrData => "5.19",
        <= BpfHelper.TcpRawCheckSyncookieIpv6 => "6.0",
        <= BpfHelper.UserRingbufDrain => "6.1",
        _ => "6.2",
    });
}
