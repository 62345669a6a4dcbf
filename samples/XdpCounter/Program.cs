// Counts what a network device receives, by protocol, in XDP: before the kernel makes anything of a packet.
//
//   sudo dotnet run -- eth0          until Ctrl-C
//   sudo dotnet run -- lo 3          for three seconds; through lo it sends itself packets, so that there are some
using System.Net;
using System.Net.Sockets;
using P3Ebpf.Loader.Links;
using XdpCounter;

string device = args.Length > 0 ? args[0] : "lo";
int seconds = args.Length > 1 ? int.Parse(args[1]) : int.MaxValue;

#region attach
// SEC("xdp") leaves open of which device.
using Counter counter = Counter.LoadAndAttach(attach: new BpfAttachOptions { Device = device });
#endregion
using var sender = new UdpClient();
using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
for (int second = 0; second < seconds; second++)
{
    if (device == "lo")
        sender.Send("nobody listens"u8, new IPEndPoint(IPAddress.Loopback, 9));
    await timer.WaitForNextTickAsync();

    #region read
    foreach ((uint protocol, Counter.Traffic[] cpus) in counter.ByProtocol)
    {
        long packets = cpus.Sum(cpu => (long)cpu.Packets);
        if (packets != 0)
            Console.WriteLine($"{second + 1,4} s  {(ProtocolType)protocol,-6} {packets,9} packets {cpus.Sum(cpu => (long)cpu.Bytes),12} bytes");
    }
    #endregion
}
