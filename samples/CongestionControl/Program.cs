// Adds a TCP congestion control to the kernel, and sends some megabytes by it through the loopback device, with one window after another.
//
//   sudo dotnet run
//
// It is there for every program as long as this one runs: sysctl net.ipv4.tcp_available_congestion_control names it.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CongestionControl;

const int TcpLevel = 6, TcpCongestion = 13; // IPPROTO_TCP, TCP_CONGESTION
const int Megabytes = 64;

using Steady steady = Steady.LoadAndAttach();
using var listener = new TcpListener(IPAddress.Loopback, 0);
listener.Start();

foreach (uint window in (uint[])[2, 10, 50])
{
    #region variables
    steady.Window = window;
    steady.Acknowledged = 0;
    steady.MostInFlight = 0;
    #endregion
    using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
    client.SetRawSocketOption(TcpLevel, TcpCongestion, "steady"u8);
    client.Connect(listener.LocalEndpoint);
    using Socket server = listener.AcceptSocket();
    Task reading = Task.Run(() => ReadToEnd(server));

    var time = Stopwatch.StartNew();
    byte[] megabyte = new byte[1 << 20];
    for (int i = 0; i < Megabytes; i++)
        client.Send(megabyte);
    client.Shutdown(SocketShutdown.Send);
    reading.Wait();
    Console.WriteLine($"window {window,2}: {Megabytes / time.Elapsed.TotalSeconds,6:F0} MB/s, {steady.Acknowledged} packets acknowledged, at most {steady.MostInFlight} in flight");
}

Console.WriteLine($"{steady.Connections} connections used it");

static void ReadToEnd(Socket socket)
{
    byte[] buffer = new byte[1 << 20];
    while (socket.Receive(buffer) > 0)
    {
    }
}
