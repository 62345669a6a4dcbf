using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

/// <summary>A network of the test's own, whose loopback device is up, and what is sent through it.</summary>
internal static class PrivateNetwork
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

    /// <summary>Sends a datagram to this machine and receives it.</summary>
    public static void Exchange(AddressFamily family = AddressFamily.InterNetwork)
    {
        IPAddress loopback = family == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        using var receiver = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        using var sender = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(loopback, 0));
        receiver.ReceiveTimeout = 10_000;
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
