
namespace P3Ebpf.Loader.Links;

/// <summary>An XDP program attached to a network device.</summary>
public sealed class XdpLink : BpfLink
{
    private XdpLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Xdp"/>.</param>
    /// <param name="interfaceIndex">The device; see <see cref="NetworkDevice.IndexOf"/>.</param>
    /// <param name="mode">Who runs it.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static XdpLink Attach(BpfProgram program, uint interfaceIndex, XdpMode mode = XdpMode.Any)
    {
        ArgumentNullException.ThrowIfNull(program);
        LinkCreateAttr attributes = default;
        attributes.TargetInterfaceIndex = interfaceIndex;
        attributes.Flags = (uint)mode;
        string place = $"XDP of network device {interfaceIndex}";
        return new XdpLink(Create(program, BpfAttachType.Xdp, ref attributes, place), place);
    }
}
