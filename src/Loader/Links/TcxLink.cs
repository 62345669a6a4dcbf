namespace P3Ebpf.Loader.Links;

/// <summary>A classifier attached to a network device by tcx, the links of traffic control. Linux 6.6; before, see <see cref="TcFilter"/>.</summary>
public sealed class TcxLink : BpfLink
{
    private TcxLink(BpfProgram program, BpfHandle handle, string place)
        : base(handle, place, program)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.SchedCls"/>.</param>
    /// <param name="interfaceIndex">The device; see <see cref="NetworkDevice.IndexOf"/>.</param>
    /// <param name="attachType"><see cref="BpfAttachType.TcxIngress"/> or <see cref="BpfAttachType.TcxEgress"/>.</param>
    /// <param name="placement">Where among the programs there; behind them if not given.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static TcxLink Attach(BpfProgram program, uint interfaceIndex, BpfAttachType attachType, BpfPlacement? placement = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new TcxLink(program, DeviceHook.Attach(program, interfaceIndex, attachType, placement), DeviceHook.Place(attachType, interfaceIndex));
    }

    /// <summary>Lists the programs that are attached to a device by tcx.</summary>
    /// <param name="interfaceIndex">The device.</param>
    /// <param name="attachType"><see cref="BpfAttachType.TcxIngress"/> or <see cref="BpfAttachType.TcxEgress"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static BpfAttachedPrograms Query(uint interfaceIndex, BpfAttachType attachType) =>
        BpfAttachedPrograms.Read(interfaceIndex, attachType, DeviceHook.Place(attachType, interfaceIndex));
}

/// <summary>A classifier attached to a netkit device, which containers use instead of veth. Linux 6.7.</summary>
public sealed class NetkitLink : BpfLink
{
    private NetkitLink(BpfProgram program, BpfHandle handle, string place)
        : base(handle, place, program)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.SchedCls"/>.</param>
    /// <param name="interfaceIndex">The primary device of the pair; see <see cref="NetworkDevice.IndexOf"/>.</param>
    /// <param name="attachType"><see cref="BpfAttachType.NetkitPrimary"/> or <see cref="BpfAttachType.NetkitPeer"/>.</param>
    /// <param name="placement">Where among the programs there; behind them if not given.</param>
    /// <exception cref="BpfException">The device is of another kind, or the kernel refuses.</exception>
    public static NetkitLink Attach(BpfProgram program, uint interfaceIndex, BpfAttachType attachType, BpfPlacement? placement = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        return new NetkitLink(program, DeviceHook.Attach(program, interfaceIndex, attachType, placement), DeviceHook.Place(attachType, interfaceIndex));
    }

    /// <summary>Lists the programs that are attached to a netkit device.</summary>
    /// <param name="interfaceIndex">The primary device of the pair.</param>
    /// <param name="attachType"><see cref="BpfAttachType.NetkitPrimary"/> or <see cref="BpfAttachType.NetkitPeer"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static BpfAttachedPrograms Query(uint interfaceIndex, BpfAttachType attachType) =>
        BpfAttachedPrograms.Read(interfaceIndex, attachType, DeviceHook.Place(attachType, interfaceIndex));
}
