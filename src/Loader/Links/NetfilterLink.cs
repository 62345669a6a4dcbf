
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a netfilter hook. Linux 6.4.</summary>
public sealed class NetfilterLink : BpfLink
{
    private NetfilterLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Netfilter"/>.</param>
    /// <param name="family">The protocol family: 2 for IPv4, 10 for IPv6.</param>
    /// <param name="hook">The hook, <c>NF_INET_*</c>.</param>
    /// <param name="priority">The place among the hook's programs; lower runs earlier; unique.</param>
    /// <param name="defragment">Whether packets are defragmented before.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static NetfilterLink Attach(BpfProgram program, int family, int hook, int priority, bool defragment = false)
    {
        ArgumentNullException.ThrowIfNull(program);
        LinkCreateAttr attributes = default;
        attributes.NetfilterFamily = (uint)family;
        attributes.NetfilterHook = (uint)hook;
        attributes.NetfilterPriority = priority;
        attributes.NetfilterFlags = defragment ? 1u : 0;
        string place = $"netfilter hook {hook}";
        return new NetfilterLink(Create(program, BpfAttachType.Netfilter, ref attributes, place), place);
    }
}
