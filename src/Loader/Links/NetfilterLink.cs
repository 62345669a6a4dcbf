namespace P3Ebpf.Loader.Links;

/// <summary>The protocol families of netfilter, <c>NFPROTO_*</c>.</summary>
public enum NetfilterFamily
{
    /// <summary>IPv4.</summary>
    Ipv4 = 2,

    /// <summary>IPv6.</summary>
    Ipv6 = 10,
}

/// <summary>Where on a packet's way netfilter asks, <c>enum nf_inet_hooks</c>.</summary>
public enum NetfilterHook
{
    /// <summary>As it arrives, before it is routed.</summary>
    PreRouting = 0,

    /// <summary>On its way to this machine.</summary>
    LocalIn = 1,

    /// <summary>On its way through this machine.</summary>
    Forward = 2,

    /// <summary>As this machine sends it.</summary>
    LocalOut = 3,

    /// <summary>As it leaves.</summary>
    PostRouting = 4,
}

/// <summary>A place in netfilter.</summary>
public sealed record BpfNetfilterOptions
{
    /// <summary>The protocol family.</summary>
    public required NetfilterFamily Family { get; init; }

    /// <summary>The hook.</summary>
    public required NetfilterHook Hook { get; init; }

    /// <summary>The place among the hook's programs: lower runs earlier. Unique; the lowest and the highest number are the kernel's.</summary>
    public int Priority { get; init; }

    /// <summary>Whether packets are put together from their fragments before; needs a priority behind -400 (NF_IP_PRI_CONNTRACK_DEFRAG).</summary>
    public bool Defragments { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"netfilter hook {Hook} of {Family}, priority {Priority}";
}

/// <summary>A program attached to a netfilter hook of the calling thread's network namespace. Linux 6.4.</summary>
public sealed class NetfilterLink : BpfLink
{
    private NetfilterLink(BpfProgram program, BpfHandle handle, string place)
        : base(handle, place, program)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Netfilter"/>.</param>
    /// <param name="options">The place.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static NetfilterLink Attach(BpfProgram program, BpfNetfilterOptions options)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        LinkCreateAttr attributes = default;
        attributes.NetfilterFamily = (uint)options.Family;
        attributes.NetfilterHook = (uint)options.Hook;
        attributes.NetfilterPriority = options.Priority;
        attributes.NetfilterFlags = options.Defragments ? 1u : 0;
        string place = options.ToString();
        return new NetfilterLink(program, Create(program, BpfAttachType.Netfilter, ref attributes, place, static error => error switch
        {
            Errno.EBUSY => "Another program has that priority.",
            Errno.ERANGE => "Defragmenting needs a priority behind -400.",
            Errno.EAFNOSUPPORT => "The kernel was built without netfilter for that family, or its module is not loaded.",
            _ => null,
        }), place);
    }
}
