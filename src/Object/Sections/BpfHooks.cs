namespace P3Ebpf.Object.Sections;

/// <summary>A network device: XDP, tc, tcx, netkit.</summary>
/// <param name="Type">Where on the device; <see langword="null"/> for <c>tc</c> and <c>classifier</c>, which leave the direction open.</param>
public sealed record BpfDeviceHook(BpfAttachType? Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => Type is null ? "a network device and a direction (ingress or egress)" : "a network device";

    /// <inheritdoc/>
    public override string ToString() => Type is { } type ? $"{type} of a network device" : "a network device";
}

/// <summary>A control group.</summary>
/// <param name="Type">Which hook; <see langword="null"/> where the section leaves it open.</param>
public sealed record BpfCgroupHook(BpfAttachType? Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a control group";

    /// <inheritdoc/>
    public override string ToString() => Type is { } type ? $"{type} of a control group" : "a control group";
}

/// <summary>A network namespace: sk_lookup and flow_dissector.</summary>
/// <param name="Type">Which hook.</param>
public sealed record BpfNetworkNamespaceHook(BpfAttachType Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a network namespace";

    /// <inheritdoc/>
    public override string ToString() => $"{Type} of a network namespace";
}

/// <summary>A map of sockets: sk_skb and sk_msg.</summary>
/// <param name="Type">Which hook; <see langword="null"/> where the section leaves it open.</param>
public sealed record BpfSocketMapHook(BpfAttachType? Type) : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a sockmap or sockhash";

    /// <inheritdoc/>
    public override string ToString() => Type is { } type ? $"{type} of a map of sockets" : "a map of sockets";
}

/// <summary>A socket: socket filters and reuseport programs.</summary>
public sealed record BpfSocketHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a socket";

    /// <inheritdoc/>
    public override string ToString() => "a socket";
}

/// <summary>A perf event that somebody opens.</summary>
public sealed record BpfPerfEventHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a perf event";

    /// <inheritdoc/>
    public override string ToString() => "a perf event";
}

/// <summary>A netfilter hook.</summary>
public sealed record BpfNetfilterHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a protocol family, hook and priority";

    /// <inheritdoc/>
    public override string ToString() => "a netfilter hook";
}

/// <summary>An infrared receiver.</summary>
public sealed record BpfLircHook : BpfAttachPoint
{
    /// <inheritdoc/>
    public override string Missing => "a LIRC device";

    /// <inheritdoc/>
    public override string ToString() => "a LIRC device";
}
