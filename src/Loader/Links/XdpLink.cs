using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Links;

/// <summary>An XDP program attached to a network device.</summary>
public sealed class XdpLink : BpfLink
{
    private const ushort XdpAttribute = 43; // IFLA_XDP
    private const ushort DescriptorAttribute = 1; // IFLA_XDP_FD
    private const ushort FlagsAttribute = 3; // IFLA_XDP_FLAGS
    private const ushort ExpectedAttribute = 8; // IFLA_XDP_EXPECTED_FD
    private const uint IfAbsent = 1; // XDP_FLAGS_UPDATE_IF_NOEXIST
    private const uint IfExpected = 1 << 4; // XDP_FLAGS_REPLACE

    private readonly uint _interfaceIndex;
    private readonly XdpMode _mode;

    private XdpLink(BpfProgram program, BpfHandle handle, bool isKernelLink, uint interfaceIndex, XdpMode mode)
        : base(handle, Place(interfaceIndex), program)
    {
        IsKernelLink = isKernelLink;
        _interfaceIndex = interfaceIndex;
        _mode = mode;
    }

    /// <inheritdoc/>
    public override bool IsKernelLink { get; }

    private protected override string WhyNoKernelLink => "Links of XDP need Linux 5.9";

    /// <summary>Attaches a program: by a link, or before Linux 5.9 without.</summary>
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
        int result = TryCreate(program, BpfAttachType.Xdp, ref attributes);
        if (result >= 0)
            return new XdpLink(program, BpfHandle.Own(result), isKernelLink: true, interfaceIndex, mode);
        if (result == -Errno.EINVAL && KernelVersion.Current < new Version(5, 9))
            return AttachWithoutLink(program, interfaceIndex, mode);
        throw Refused(program, Place(interfaceIndex), -result, BpfAttachType.Xdp, Hint(-result, interfaceIndex, mode));
    }

    /// <summary>
    /// Attaches a program by netlink, without a link: it stays when the process ends, unless this is disposed before, in the same network namespace.
    /// Linux 4.8; replacing 5.7.
    /// </summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Xdp"/>.</param>
    /// <param name="interfaceIndex">The device; see <see cref="NetworkDevice.IndexOf"/>.</param>
    /// <param name="mode">Who runs it.</param>
    /// <param name="replaced">The attached program whose place is taken; <see langword="null"/> where none must be attached.</param>
    /// <exception cref="BpfException">Another program is attached, or the kernel refuses.</exception>
    public static XdpLink AttachWithoutLink(BpfProgram program, uint interfaceIndex, XdpMode mode = XdpMode.Any, BpfProgram? replaced = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        BpfHandle own = program.Handle.Duplicate();
        try
        {
            _ = Netlink.Ask(
                Message(interfaceIndex, mode, own.Descriptor, replaced?.Handle.Descriptor), Attaching(program, Place(interfaceIndex)), error => Hint(error, interfaceIndex, mode));
            return new XdpLink(program, own, isKernelLink: false, interfaceIndex, mode);
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Detach()
    {
        if (IsKernelLink)
            base.Detach();
        else
            _ = Netlink.Ask(Message(_interfaceIndex, _mode, -1, Handle.Descriptor), $"detaching {Description}");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsKernelLink && !Handle.IsClosed)
            _ = Netlink.Insist(Message(_interfaceIndex, _mode, -1, Handle.Descriptor));
        base.Dispose(disposing);
    }

    private static NetlinkMessage Message(uint interfaceIndex, XdpMode mode, int descriptor, int? expected)
    {
        Span<byte> header = stackalloc byte[16]; // struct ifinfomsg
        header.Clear();
        MemoryMarshal.Write(header[4..], interfaceIndex);
        return new NetlinkMessage(NetlinkMessage.SetLink, 0, header).AddNested(XdpAttribute, xdp =>
        {
            _ = xdp.Add(DescriptorAttribute, (uint)descriptor).Add(FlagsAttribute, (uint)mode | (expected is null ? IfAbsent : IfExpected));
            if (expected is { } fd)
                _ = xdp.Add(ExpectedAttribute, (uint)fd);
        });
    }

    private static string Place(uint interfaceIndex) => $"XDP of network device {interfaceIndex}";

    private static string? Hint(int error, uint interfaceIndex, XdpMode mode) => error switch
    {
        Errno.ENODEV or Errno.EINVAL when !NetworkDevice.Exists(interfaceIndex) => $"There is no network device {interfaceIndex} in this network namespace.",
        Errno.EBUSY or Errno.EEXIST => "An XDP program is attached to the device; detach it first, or update its link.",
        Errno.EOPNOTSUPP when mode is XdpMode.Driver or XdpMode.Hardware => $"The device's driver cannot run XDP programs; take {nameof(XdpMode)}.{nameof(XdpMode.Generic)}.",
        Errno.EOPNOTSUPP or Errno.EINVAL => "The driver cannot run the program on this device: the packets may be larger than a page (MTU) without xdp.frags, or the program bound to another device.",
        _ => null,
    };
}
