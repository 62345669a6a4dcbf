// Loses packets on purpose (tc, by tcx: Linux 6.6), to see how a program takes it: one in N of those that leave a device for a UDP port.
//
//   sudo dotnet run -- eth0 5060 10     one in ten to port 5060, until Ctrl-C
//   sudo dotnet run                     tries it with a hundred datagrams through the loopback device
using System.Net;
using System.Net.Sockets;
using P3Ebpf.Loader.Links;
using TrafficControl;

using var receiver = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
var self = (IPEndPoint)receiver.Client.LocalEndPoint!;

#region open
using Loss loss = Loss.Open();
loss.Port = args.Length > 1 ? ushort.Parse(args[1]) : (ushort)self.Port;
loss.LoseOneIn = args.Length > 2 ? uint.Parse(args[2]) : 4;
loss.Load();
loss.Attach(new BpfAttachOptions { Device = args.Length > 0 ? args[0] : "lo" });
#endregion

if (args.Length > 0)
{
    while (true)
    {
        Thread.Sleep(1000);
        Console.WriteLine($"{loss.Lost} of {loss.Seen} lost");
    }
}

using var sender = new UdpClient();
for (int i = 0; i < 100; i++)
    sender.Send([(byte)i], self);
Console.WriteLine($"sent 100, of which the program saw {loss.Seen} and lost {loss.Lost}");

int received = 0;
for (receiver.Client.ReceiveTimeout = 200; receiver.Available > 0; received++)
    receiver.Receive(ref self);
Console.WriteLine($"received {received}");
