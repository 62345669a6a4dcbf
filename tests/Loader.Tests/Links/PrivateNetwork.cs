using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

/// <summary>A network of the test's own, whose loopback device is up, and what is sent through it.</summary>
internal static partial class PrivateNetwork
{
    private const ushort NewLink = 16; // RTM_NEWLINK
    private const ushort NameAttribute = 3; // IFLA_IFNAME
    private const ushort InfoAttribute = 18; // IFLA_LINKINFO
    private const ushort KindAttribute = 1; // IFLA_INFO_KIND
    private const ushort DataAttribute = 2; // IFLA_INFO_DATA
    private const uint Up = 1; // IFF_UP

    public static void Run(Action test) => PrivateNamespace.WithNetwork(() =>
    {
        SetUp("lo");
        test();
    });

    public static void SetUp(string device) => Ask(new NetlinkMessage(NewLink, 0, Header(NetworkDevice.IndexOf(device), Up)));

    /// <summary>Makes a pair of devices; what one sends the other receives. Skips where the kernel has no such devices.</summary>
    /// <param name="kind"><c>veth</c> or <c>netkit</c>.</param>
    /// <param name="first">One, for netkit the primary.</param>
    /// <param name="second">The other.</param>
    public static void AddPair(string kind, string first, string second)
    {
        const ushort Peer = 1; // VETH_INFO_PEER, IFLA_NETKIT_PEER_INFO
        NetlinkMessage message = new NetlinkMessage(NewLink, NetlinkMessage.Create | NetlinkMessage.Exclusive, Header(0, 0))
            .Add(NameAttribute, first)
            .AddNested(InfoAttribute, info => info.Add(KindAttribute, kind).AddNested(DataAttribute, data => data.AddNested(Peer, other => other.AddHeader(Header(0, 0)).Add(NameAttribute, second))));
        (int error, string text, _) = Netlink.TryAsk(message);
        Assert.SkipWhen(error != 0, $"This kernel has no {kind} devices ({Errno.NameOf(error)} {text}).");
        SetUp(first);
        SetUp(second);
    }

    /// <summary>Makes an IPv6 route that runs a lightweight tunnel program (include/uapi/linux/lwtunnel.h, seg6_local.h). Skips where the kernel has none.</summary>
    public static void AddRoute(IPAddress destination, string device, BpfProgram program)
    {
        const ushort NewRoute = 24; // RTM_NEWROUTE
        const ushort Destination = 1, Output = 4, EncapType = 21, Encap = 22; // RTA_*
        const ushort ProgramFd = 1, ProgramName = 2; // LWT_BPF_PROG_*, SEG6_LOCAL_BPF_PROG_*
        bool isSegment = program.Type == BpfProgramType.LwtSeg6local;
        byte[] route = [10, 128, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]; // struct rtmsg: AF_INET6, /128, RT_TABLE_MAIN, RTPROT_STATIC, RTN_UNICAST
        NetlinkMessage message = new NetlinkMessage(NewRoute, NetlinkMessage.Create | NetlinkMessage.Exclusive, route)
            .Add(Destination, destination.GetAddressBytes())
            .Add(Output, NetworkDevice.IndexOf(device))
            .Add(EncapType, BitConverter.GetBytes((ushort)(isSegment ? 7 : 6))) // LWTUNNEL_ENCAP_SEG6_LOCAL, LWTUNNEL_ENCAP_BPF
            .AddNested(Encap, encap =>
            {
                if (isSegment)
                    _ = encap.Add(1, 15u); // SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_BPF
                ushort place = program.Type switch { BpfProgramType.LwtSeg6local => 8, BpfProgramType.LwtIn => 1, BpfProgramType.LwtOut => 2, _ => 3 }; // SEG6_LOCAL_BPF, LWT_BPF_IN, …
                _ = encap.AddNested(place, bpf => bpf.Add(ProgramFd, (uint)program.Handle.Descriptor).Add(ProgramName, program.Name));
            });
        (int error, string text, _) = Netlink.TryAsk(message);
        Assert.SkipWhen(error != 0, $"This kernel has no such routes ({Errno.NameOf(error)} {text}).");
    }

    /// <summary>Sends an IPv6 packet with a segment routing header (RFC 8754) out of a device, whose peer receives it.</summary>
    public static unsafe void SendFrame(string device, IPAddress from, IPAddress to, IPAddress next)
    {
        const int PacketDomain = 17; // AF_PACKET
        const int Raw = 3; // SOCK_RAW
        byte[] frame =
        [
            .. Enumerable.Repeat((byte)0xff, 6), 2, 0, 0, 0, 0, 1, 0x86, 0xdd, // to all, IPv6
            0x60, 0, 0, 0, 0, 40, 43, 64, .. from.GetAddressBytes(), .. to.GetAddressBytes(), // 40 bytes follow: a routing header
            59, 4, 4, 1, 1, 0, 0, 0, .. next.GetAddressBytes(), .. to.GetAddressBytes(), // nothing follows; segment routing, one segment left of two
        ];
        byte[] address = new byte[20]; // struct sockaddr_ll
        address[0] = PacketDomain;
        MemoryMarshal.Write(address.AsSpan(4), NetworkDevice.IndexOf(device));
        int socket = OpenSocket(PacketDomain, Raw, 0);
        fixed (byte* bytes = frame, place = address)
            SendTo(socket, bytes, (nuint)frame.Length, 0, place, (uint)address.Length).Should().Be(frame.Length, Marshal.GetLastPInvokeErrorMessage());
        _ = Close(socket);
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    private static unsafe partial nint SendTo(int socket, byte* data, nuint length, int flags, byte* address, uint addressLength);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    /// <summary>Sends a datagram to this machine and receives it.</summary>
    public static void Exchange(AddressFamily family = AddressFamily.InterNetwork)
    {
        IPAddress loopback = family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        using var receiver = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        using var sender = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(loopback, 0));
        receiver.ReceiveTimeout = 60_000;
        _ = sender.SendTo([1, 2, 3], receiver.LocalEndPoint!);
        EndPoint from = new IPEndPoint(loopback, 0);
        _ = receiver.ReceiveFrom(new byte[16], ref from);
    }

    /// <summary>Connects two sockets through the loopback device.</summary>
    public static (Socket Client, Socket Server) Connect(AddressFamily family = AddressFamily.InterNetwork)
    {
        IPAddress loopback = family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        using var listener = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(loopback, 0));
        listener.Listen();
        var client = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return (client, listener.Accept());
    }

    /// <summary>Whether a device has the queueing discipline that filters hang on: found out by trying to make it.</summary>
    public static bool HasClsact(uint device)
    {
        byte[] header = new byte[20]; // struct tcmsg
        MemoryMarshal.Write(header.AsSpan(4), device);
        MemoryMarshal.Write(header.AsSpan(8), 0xFFFF0000);
        MemoryMarshal.Write(header.AsSpan(12), 0xFFFFFFF1); // TC_H_CLSACT
        bool isNew = Netlink.TryAsk(new NetlinkMessage(NetlinkMessage.NewQdisc, NetlinkMessage.Create | NetlinkMessage.Exclusive, header).Add(1, "clsact")).Error == 0;
        if (isNew)
            TcFilter.RemoveAll(device);
        return !isNew;
    }

    private static void Ask(NetlinkMessage message) => _ = Netlink.Ask(message, "preparing a network of the test's own");

    // struct ifinfomsg; the last word says which flags change.
    private static byte[] Header(uint index, uint flags)
    {
        byte[] header = new byte[16];
        MemoryMarshal.Write(header.AsSpan(4), index);
        MemoryMarshal.Write(header.AsSpan(8), flags);
        MemoryMarshal.Write(header.AsSpan(12), flags);
        return header;
    }
}
