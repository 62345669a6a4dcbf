
namespace P3Ebpf.Loader.Links;

/// <summary>A classifier attached to a network device: tcx (Linux 6.6) or netkit (Linux 6.7).</summary>
public sealed class DeviceLink : BpfLink
{
    private DeviceLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program behind those that are attached already.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.SchedCls"/>.</param>
    /// <param name="interfaceIndex">The device; see <see cref="NetworkDevice.IndexOf"/>.</param>
    /// <param name="attachType"><see cref="BpfAttachType.TcxIngress"/>, <see cref="BpfAttachType.TcxEgress"/>,
    /// <see cref="BpfAttachType.NetkitPrimary"/> or <see cref="BpfAttachType.NetkitPeer"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static DeviceLink Attach(BpfProgram program, uint interfaceIndex, BpfAttachType attachType)
    {
        ArgumentNullException.ThrowIfNull(program);
        LinkCreateAttr attributes = default;
        attributes.TargetInterfaceIndex = interfaceIndex;
        string place = $"{attachType} of network device {interfaceIndex}";
        return new DeviceLink(Create(program, attachType, ref attributes, place), place);
    }
}
