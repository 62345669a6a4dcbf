using static P3Ebpf.CoRe.BpfHelper;
using static P3Ebpf.Object.Uapi.BpfProgramType;

namespace P3Ebpf.Object.Requirements;

/// <summary>Which types of programs may call the helpers that only some may, and which helpers are for programs under a licence compatible with the GPL.</summary>
/// <remarks>
/// As Linux 6.18 and 7.3 answer when a program of each type and attach type calls each helper (<c>get_func_proto</c> of its <c>bpf_verifier_ops</c>, and
/// <c>gpl_only</c> of the helper's <c>bpf_func_proto</c>). What a type may call has only ever grown, so that older kernels refuse at least as much.
/// </remarks>
internal static class HelperCallers
{
    /// <summary>The types of which the answers are known: not those whose target in the kernel decides too.</summary>
    private static readonly HashSet<BpfProgramType> Judged =
    [
        .. Enumerable.Range((int)SocketFilter, (int)Netfilter).Select(number => (BpfProgramType)number)
            .Except([LircMode2, Tracing, StructOps, Ext, Lsm]),
    ];

    private static readonly (BpfProgramType[] Programs, BpfHelper[] Helpers)[] Restricted =
    [
        ([Kprobe, Tracepoint, PerfEvent, RawTracepoint, RawTracepointWritable, Syscall], [ProbeRead, GetStackid, ProbeWriteUser, ProbeReadStr, GetStack, GetFuncIp]),
        ([SchedCls, SchedAct, LwtXmit, SkSkb], [SkbStoreBytes, SkbChangeTail, SkbChangeHead]),
        (
            [SchedCls, SchedAct, LwtXmit],
            [L3CsumReplace, L4CsumReplace, CloneRedirect, SkbGetTunnelKey, SkbSetTunnelKey, SkbGetTunnelOpt, SkbSetTunnelOpt, CsumUpdate, SetHashInvalid,
             CsumLevel]),
        (
            [SchedCls, SchedAct],
            [SkbVlanPush, SkbVlanPop, SkbChangeProto, SkbChangeType, SetHash, SkbGetXfrmState, SkbCgroupClassid, RedirectNeigh, RedirectPeer, SkbSetTstamp]),
        ([SchedCls, SchedAct, Xdp, LwtXmit], [Redirect]),
        ([SchedCls, SchedAct, LwtIn, LwtOut, LwtXmit, LwtSeg6local], [GetRouteRealm, SkbUnderCgroup, GetHashRecalc]),
        (
            [SocketFilter, Kprobe, SchedCls, SchedAct, Tracepoint, Xdp, PerfEvent, CgroupSkb, CgroupSock, LwtIn, LwtOut, LwtXmit, SockOps, SkSkb, CgroupDevice,
             SkMsg, RawTracepoint, CgroupSockAddr, LwtSeg6local, CgroupSysctl, RawTracepointWritable, CgroupSockopt, SkLookup, Syscall],
            [PerfEventOutput]),
        ([SocketFilter, SchedCls, SchedAct, CgroupSkb, LwtIn, LwtOut, LwtXmit, SkSkb, LwtSeg6local, SkReuseport, FlowDissector], [SkbLoadBytes]),
        ([SchedCls, SchedAct, Xdp, LwtIn, LwtOut, LwtXmit, LwtSeg6local], [CsumDiff]),
        ([SchedCls, SchedAct, LwtIn, LwtOut, LwtXmit, SkSkb, LwtSeg6local], [SkbPullData]),
        ([Xdp], [XdpAdjustHead, RedirectMap, XdpAdjustMeta, XdpAdjustTail, XdpLoadBytes, XdpStoreBytes]),
        ([SocketFilter, SchedCls, SchedAct, CgroupSkb, CgroupSock, SockOps, SkSkb, CgroupSockAddr, SkReuseport, Syscall], [GetSocketCookie]),
        ([SocketFilter, SchedCls, SchedAct, CgroupSkb, SkSkb], [GetSocketUid]),
        ([CgroupSock, SockOps, CgroupSockAddr, CgroupSockopt], [Setsockopt, Getsockopt]),
        ([SchedCls, SchedAct, SkSkb], [SkbAdjustRoom]),
        ([SkSkb], [SkRedirectMap, SkRedirectHash]),
        ([SockOps], [SockMapUpdate, SockOpsCbFlagsSet, SockHashUpdate, LoadHdrOpt, StoreHdrOpt, ReserveHdrOpt]),
        ([PerfEvent], [PerfProgReadValue, ReadBranchRecords]),
        ([SkMsg], [MsgRedirectMap, MsgApplyBytes, MsgCorkBytes, MsgPullData, MsgRedirectHash, MsgPushData, MsgPopData]),
        ([CgroupSockAddr], [Bind]),
        ([SocketFilter, SchedCls, SchedAct, CgroupSkb, SkReuseport], [SkbLoadBytesRelative]),
        (
            [SchedCls, SchedAct, Xdp],
            [FibLookup, TcpCheckSyncookie, TcpGenSyncookie, CheckMtu, TcpRawGenSyncookieIpv4, TcpRawGenSyncookieIpv6, TcpRawCheckSyncookieIpv4,
             TcpRawCheckSyncookieIpv6]),
        ([LwtIn, LwtXmit], [LwtPushEncap]),
        ([LwtSeg6local], [LwtSeg6StoreBytes, LwtSeg6AdjustSrh, LwtSeg6Action]),
        ([SchedCls, SchedAct, CgroupSkb], [SkbCgroupId, SkbAncestorCgroupId, SkFullsock, SkbEcnSetCe, GetListenerSock]),
        ([CgroupSkb, CgroupSock, SockOps, CgroupDevice, CgroupSockAddr, CgroupSysctl, CgroupSockopt], [GetLocalStorage]),
        ([SkReuseport], [SkSelectReuseport]),
        ([SchedCls, SchedAct, Xdp, CgroupSkb, SkSkb, CgroupSockAddr], [SkLookupTcp, SkLookupUdp, SkcLookupTcp]),
        ([SchedCls, SchedAct, Xdp, CgroupSkb, SkSkb, CgroupSockAddr, SkLookup], [SkRelease]),
        ([SchedCls, SchedAct, CgroupSkb, SockOps, CgroupSockopt], [TcpSock]),
        ([CgroupSysctl], [SysctlGetName, SysctlGetCurrentValue, SysctlGetNewValue, SysctlSetNewValue]),
        ([SchedCls, SchedAct, CgroupSkb, CgroupSock, SockOps, SkMsg, CgroupSockAddr, CgroupSockopt, Syscall], [SkStorageGet]),
        ([SchedCls, SchedAct, CgroupSkb, SockOps, SkMsg, CgroupSockAddr, CgroupSockopt, Syscall], [SkStorageDelete]),
        ([Syscall], [SkbOutput, XdpOutput, DPath, SockFromFile, SysBpf, BtfFindByNameKind, SysClose, KallsymsLookupName]),
        ([SocketFilter, SchedCls, SchedAct, CgroupSkb, CgroupSock, SockOps, SkMsg, CgroupSockAddr, CgroupSockopt], [GetNetnsCookie]),
        ([SchedCls, SchedAct, SkLookup], [SkAssign]),
        ([CgroupSkb], [SkCgroupId, SkAncestorCgroupId]),
        (
            [SocketFilter, SchedCls, SchedAct, Xdp, CgroupSkb, LwtIn, LwtOut, LwtXmit, SockOps, SkSkb, SkMsg, CgroupSockAddr, LwtSeg6local, FlowDissector,
             SkLookup, Syscall],
            [SkcToTcp6Sock, SkcToTcpSock, SkcToTcpTimewaitSock, SkcToTcpRequestSock, SkcToUdp6Sock, SkcToUnixSock, SkcToMptcpSock]),
        (
            [SocketFilter, SchedCls, SchedAct, Xdp, CgroupSkb, CgroupSock, LwtIn, LwtOut, LwtXmit, SockOps, SkSkb, SkMsg, CgroupSockAddr, LwtSeg6local,
             SkReuseport, FlowDissector, CgroupSysctl, SkLookup],
            [KtimeGetCoarseNs]),
        ([Kprobe, Tracepoint, PerfEvent, RawTracepoint, RawTracepointWritable], [GetAttachCookie]),
        ([CgroupSock, SockOps, CgroupDevice, CgroupSockAddr, CgroupSysctl, CgroupSockopt], [GetRetval, SetRetval]),
        ([Xdp, Syscall], [XdpGetBuffLen]),
    ];

    private static readonly HashSet<BpfHelper> ForGpl =
    [
        ProbeRead, TracePrintk, PerfEventRead, PerfEventOutput, GetCurrentTask, ProbeWriteUser, ProbeReadStr, PerfEventReadValue, PerfProgReadValue, GetStack, FibLookup,
        TcpCheckSyncookie, TcpGenSyncookie, SkbOutput, ProbeReadUser, ProbeReadKernel, ProbeReadUserStr, ProbeReadKernelStr, ReadBranchRecords, XdpOutput,
        GetCurrentTaskBtf, CheckMtu, Snprintf, TimerInit, TimerSetCallback, TimerStart, TimerCancel, TaskPtRegs, GetBranchSnapshot, TraceVprintk,
        CopyFromUserTask, TcpRawGenSyncookieIpv4, TcpRawGenSyncookieIpv6, TcpRawCheckSyncookieIpv4, TcpRawCheckSyncookieIpv6,
    ];

    private static readonly Dictionary<BpfHelper, HashSet<BpfProgramType>> Callers =
        Restricted.SelectMany(row => row.Helpers, (row, helper) => (helper, row.Programs)).ToDictionary(pair => pair.helper, pair => new HashSet<BpfProgramType>(pair.Programs));

    /// <summary>The types that may call a helper; <see langword="null"/> where programs of the given one may too, or where that is not known.</summary>
    public static IReadOnlyCollection<BpfProgramType>? Instead(BpfProgramType type, BpfHelper helper) =>
        Judged.Contains(type) && Callers.TryGetValue(helper, out HashSet<BpfProgramType>? callers) && !callers.Contains(type) ? callers : null;

    /// <summary>Whether only programs under a licence compatible with the GPL may call a helper.</summary>
    public static bool IsForGpl(BpfHelper helper) => ForGpl.Contains(helper);

    /// <summary>Whether the kernel takes a licence for compatible with the GPL (<c>license_is_gpl_compatible</c>).</summary>
    public static bool IsGpl(string license) => license is "GPL" or "GPL v2" or "GPL and additional rights" or "Dual BSD/GPL" or "Dual MIT/GPL" or "Dual MPL/GPL";
}
