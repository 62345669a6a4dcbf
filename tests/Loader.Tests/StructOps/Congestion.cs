using System.Net;
using System.Net.Sockets;
using System.Text;

namespace P3Ebpf.Loader.Tests;

/// <summary>TCP congestion controls of this machine: which there are, and a connection that uses one.</summary>
internal static class Congestion
{
    private const int Tcp = 6; // IPPROTO_TCP
    private const int Name = 13; // TCP_CONGESTION
    private const int Bytes = 200_000;

    public static string[] Available => File.ReadAllText("/proc/sys/net/ipv4/tcp_available_congestion_control").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Sends over the loopback device, then goes over to another congestion control, which ends the use of the first at once.</summary>
    public static void Transfer(string name)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.SetRawSocketOption(Tcp, Name, Encoding.ASCII.GetBytes(name));
        client.Connect(listener.LocalEndPoint!);
        using Socket server = listener.Accept();
        byte[] received = new byte[Bytes];
        Task<int> sending = client.SendAsync(new byte[Bytes]);
        for (int count = 0; count < Bytes;)
            count += server.Receive(received, count, Bytes - count, SocketFlags.None);
        sending.GetAwaiter().GetResult().Should().Be(Bytes);
        client.SetRawSocketOption(Tcp, Name, "reno"u8);
    }
}
