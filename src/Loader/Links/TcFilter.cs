using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Links;

/// <summary>Which packets of a network device.</summary>
public enum TcDirection
{
    /// <summary>Those that arrive.</summary>
    Ingress,

    /// <summary>Those that leave.</summary>
    Egress,
}

/// <summary>A filter of traffic control.</summary>
public sealed record TcFilterOptions
{
    /// <summary>Which packets.</summary>
    public required TcDirection Direction { get; init; }

    /// <summary>Lower runs earlier; 0 lets the kernel choose, ahead of the others.</summary>
    public ushort Priority { get; init; }

    /// <summary>The filter's number among those of its priority; 0 lets the kernel choose.</summary>
    public uint Handle { get; init; }

    /// <summary>Whether it takes the place of a filter with the same priority and number.</summary>
    public bool Replaces { get; init; }
}

/// <summary>
/// A classifier attached to a network device as a filter of traffic control, <c>tc filter add dev … ingress bpf direct-action</c>, which all kernels
/// since 4.5 have. It stays when the process ends, unless this is disposed before, in the same network namespace. Since Linux 6.6 there is
/// <see cref="TcxLink"/>.
/// </summary>
/// <remarks>Filters of this kind hang on a queueing discipline, <c>clsact</c>, which is made where the device has none, and stays; see <see cref="RemoveAll"/>.</remarks>
public sealed class TcFilter : BpfLink
{
    private const uint ClsactHandle = 0xFFFF0000;
    private const uint ClsactParent = 0xFFFFFFF1; // TC_H_CLSACT
    private const uint IngressParent = 0xFFFFFFF2; // TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
    private const uint EgressParent = 0xFFFFFFF3;
    private const ushort AllProtocols = 3; // ETH_P_ALL
    private const ushort KindAttribute = 1; // TCA_KIND
    private const ushort OptionsAttribute = 2; // TCA_OPTIONS
    private const ushort DescriptorAttribute = 6; // TCA_BPF_FD
    private const ushort NameAttribute = 7; // TCA_BPF_NAME
    private const ushort FlagsAttribute = 8; // TCA_BPF_FLAGS
    private const uint DirectAction = 1; // TCA_BPF_FLAG_ACT_DIRECT
    private const int NetlinkHeader = 16;

    private readonly uint _interfaceIndex;

    private TcFilter(BpfProgram program, BpfHandle handle, uint interfaceIndex, TcFilterOptions options)
        : base(handle, Place(interfaceIndex, options), program)
    {
        _interfaceIndex = interfaceIndex;
        Options = options;
    }

    /// <summary>Where it is, with the priority and the number that the kernel chose.</summary>
    public TcFilterOptions Options { get; }

    /// <inheritdoc/>
    public override bool IsKernelLink => false;

    private protected override string WhyNoKernelLink => "Filters of traffic control have no links; tcx, which has, needs Linux 6.6";

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.SchedCls"/>. Its result decides about the packet (<c>TC_ACT_*</c>).</param>
    /// <param name="interfaceIndex">The device; see <see cref="NetworkDevice.IndexOf"/>.</param>
    /// <param name="options">Which packets, and where among the filters.</param>
    /// <exception cref="BpfException">There is such a filter, or the kernel refuses.</exception>
    public static TcFilter Attach(BpfProgram program, uint interfaceIndex, TcFilterOptions options)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        string action = Attaching(program, Place(interfaceIndex, options));
        BpfHandle own = program.Handle.Duplicate();
        bool isNew = false;
        try
        {
            isNew = CreateQdisc(interfaceIndex, action);
            ushort flags = (ushort)(NetlinkMessage.Create | NetlinkMessage.Echo | (options.Replaces ? NetlinkMessage.Replace : NetlinkMessage.Exclusive));
            NetlinkMessage message = Message(NetlinkMessage.NewFilter, flags, interfaceIndex, options)
                .Add(KindAttribute, "bpf")
                .AddNested(OptionsAttribute, bpf => bpf.Add(DescriptorAttribute, (uint)own.Descriptor).Add(NameAttribute, program.Name).Add(FlagsAttribute, DirectAction));
            byte[] told = Netlink.Ask(message, action, Hint);
            return new TcFilter(program, own, interfaceIndex, told.Length < NetlinkHeader + 20 ? options : options with
            {
                Handle = MemoryMarshal.Read<uint>(told.AsSpan(NetlinkHeader + 8)),
                Priority = (ushort)(MemoryMarshal.Read<uint>(told.AsSpan(NetlinkHeader + 16)) >> 16),
            });
        }
        catch
        {
            own.Dispose();
            if (isNew)
                _ = TryRemoveAll(interfaceIndex);
            throw;
        }
    }

    /// <summary>Removes the queueing discipline <c>clsact</c> from a device, and with it all filters there, whoever made them. Nothing happens where there is none.</summary>
    /// <param name="interfaceIndex">The device.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static void RemoveAll(uint interfaceIndex)
    {
        int error = TryRemoveAll(interfaceIndex);

        // Without it the kernel finds nothing, or another discipline in its place.
        if (error is not (0 or Errno.ENOENT or Errno.EINVAL))
            throw new BpfException($"removing the filters of network device {interfaceIndex}", error, hint: Hint(error));
    }

    /// <inheritdoc/>
    public override void Detach() => _ = Netlink.Ask(Message(NetlinkMessage.DeleteFilter, 0, _interfaceIndex, Options), $"detaching {Description}", Hint);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !Handle.IsClosed)
            _ = Netlink.Insist(Message(NetlinkMessage.DeleteFilter, 0, _interfaceIndex, Options));
        base.Dispose(disposing);
    }

    private static int TryRemoveAll(uint interfaceIndex) =>
        Netlink.Insist(new NetlinkMessage(NetlinkMessage.DeleteQdisc, 0, Header(interfaceIndex, ClsactHandle, ClsactParent, 0)).Add(KindAttribute, "clsact"));

    private static bool CreateQdisc(uint interfaceIndex, string action)
    {
        NetlinkMessage message = new NetlinkMessage(NetlinkMessage.NewQdisc, NetlinkMessage.Create | NetlinkMessage.Exclusive, Header(interfaceIndex, ClsactHandle, ClsactParent, 0))
            .Add(KindAttribute, "clsact");
        try
        {
            _ = Netlink.Ask(message, action, error => error switch
            {
                Errno.ENOENT => "The kernel was built without the queueing discipline clsact (CONFIG_NET_SCH_INGRESS, module sch_ingress).",
                _ => Hint(error),
            });
            return true;
        }
        catch (BpfException e) when (e.Error == Errno.EEXIST)
        {
            return false;
        }
    }

    private static NetlinkMessage Message(ushort type, ushort flags, uint interfaceIndex, TcFilterOptions options) =>
        new(type, flags, Header(interfaceIndex, options.Handle, options.Direction == TcDirection.Ingress ? IngressParent : EgressParent, options.Priority));

    /// <summary><c>struct tcmsg</c>; the protocol is in network order.</summary>
    private static byte[] Header(uint interfaceIndex, uint handle, uint parent, ushort priority)
    {
        byte[] header = new byte[20];
        ushort protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(AllProtocols) : AllProtocols;
        MemoryMarshal.Write(header.AsSpan(4), interfaceIndex);
        MemoryMarshal.Write(header.AsSpan(8), handle);
        MemoryMarshal.Write(header.AsSpan(12), parent);
        MemoryMarshal.Write(header.AsSpan(16), parent == ClsactParent ? 0 : ((uint)priority << 16) | protocol);
        return header;
    }

    private static string Place(uint interfaceIndex, TcFilterOptions options) => $"traffic control ({options.Direction}) of network device {interfaceIndex}";

    private static string? Hint(int error) => error switch
    {
        Errno.ENODEV => "There is no such network device in this network namespace.",
        Errno.EEXIST => "There is a filter with that priority and number; choose others, or replace it.",
        Errno.ENOENT => "The kernel was built without BPF filters (CONFIG_NET_CLS_BPF, module cls_bpf), or the filter is gone.",
        _ => null,
    };
}
