namespace P3Ebpf.Loader.Links;

/// <summary>What section names leave open about where a program is attached.</summary>
public sealed record BpfAttachOptions
{
    /// <summary>The network device, by name: for XDP, tc, tcx and netkit.</summary>
    public string? Device { get; init; }

    /// <summary>Which packets of the device, for sections that leave it open: <c>tc</c> and <c>classifier</c>.</summary>
    public TcDirection? Direction { get; init; }

    /// <summary>Who runs XDP programs.</summary>
    public XdpMode XdpMode { get; init; }

    /// <summary>The control group's directory: for programs of control groups, <c>lsm_cgroup</c>, and iterators over control groups.</summary>
    public string? Cgroup { get; init; }

    /// <summary>The network namespace, such as <c>/proc/self/ns/net</c>: for socket lookups and flow dissectors.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The process to watch: for probes of programs and libraries, perf events, and iterators over tasks.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The map of sockets for <c>sk_skb</c> and <c>sk_msg</c>, or the map that an iterator walks.</summary>
    public BpfMap? Map { get; init; }

    /// <summary>The place in netfilter.</summary>
    public BpfNetfilterOptions? Netfilter { get; init; }

    /// <summary>The perf event.</summary>
    public BpfPerfEvent? PerfEvent { get; init; }

    /// <summary>A number that the program can ask for, of kinds that have it.</summary>
    public ulong Cookie { get; init; }

    internal static BpfAttachOptions None { get; } = new();

    /// <summary>What is still missing before a program can be attached at a place, as a noun phrase; <see langword="null"/> where nothing is.</summary>
    public string? MissingFor(BpfAttachPoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        return point switch
        {
            BpfDeviceHook { Type: null } => Device is null ? point.Missing : Direction is null ? "a direction (ingress or egress)" : null,
            BpfDeviceHook => Device is null ? point.Missing : null,
            BpfCgroupHook or BpfBtfTarget { Type: BpfAttachType.LsmCgroup, Name.Length: > 0 } => Cgroup is null ? point.Missing : null,
            BpfNetworkNamespaceHook => NetworkNamespace is null ? point.Missing : null,
            BpfSocketMapHook => Map is null ? point.Missing : null,
            BpfNetfilterHook => Netfilter is null ? point.Missing : null,
            BpfPerfEventHook => PerfEvent is null ? point.Missing : null,
            // It cannot have been loaded without.
            BpfExtensionTarget => null,
            _ => point.Missing,
        };
    }

    internal BpfProbeOptions ToProbeOptions() => new() { Cookie = Cookie, ProcessId = ProcessId };
}
