// The kinds of programs that no other sample has, one after another: perf events, socket lookup, netfilter, and programs that are run.
//
//   sudo unshare --net sh -c 'ip link set lo up; dotnet run'
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OtherKinds;
using P3Ebpf.Loader.Links;

using Kinds kinds = Kinds.Open();
kinds.Load();

#region perf_event
// The clock of the CPU interrupts it 99 times a second. Attached is what the object holds until it is disposed.
foreach (int cpu in P3Ebpf.Loader.Running.KernelCpus.Online)
{
    kinds.Object.Attach(kinds.OnTick, new BpfAttachOptions
    {
        PerfEvent = new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 0, Frequency = 99, Cpu = cpu }, // PERF_COUNT_SW_CPU_CLOCK
    });
}
#endregion
for (long end = Environment.TickCount64 + 300; Environment.TickCount64 < end;)
{
}

Console.WriteLine($"perf_event: found here {kinds.Ticks[(uint)Environment.ProcessId]} times");

#region sk_lookup
using var listener = new TcpListener(IPAddress.Loopback, 0);
listener.Start();
kinds.Listener.Update(BitConverter.GetBytes(0), listener.Server.SafeHandle);
kinds.Object.Attach(kinds.ChooseSocket, new BpfAttachOptions { NetworkNamespace = "/proc/self/ns/net" });
#endregion
foreach (int port in (int[])[7001, 7042])
{
    using var client = new TcpClient();
    client.Connect(IPAddress.Loopback, port);
    Console.WriteLine($"sk_lookup: connected to port {port}, accepted by {listener.AcceptSocket().LocalEndPoint}");
}

#region netfilter
kinds.Longest = 1000;
kinds.Object.Attach(kinds.DropLong, new BpfAttachOptions
{
    Netfilter = new BpfNetfilterOptions { Family = NetfilterFamily.Ipv4, Hook = NetfilterHook.LocalIn },
});
#endregion
using var receiver = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
using var sender = new UdpClient();
foreach (int length in (int[])[100, 2000, 200])
    sender.Send(new byte[length], (IPEndPoint)receiver.Client.LocalEndPoint!);
IPEndPoint? from = null;
Console.WriteLine($"netfilter: {kinds.Dropped} dropped, datagrams of {receiver.Receive(ref from).Length} and {receiver.Receive(ref from).Length} bytes received");

#region run
Kinds.Sum sum = new() { A = 40, B = 2 };
Span<byte> memory = MemoryMarshal.AsBytes(new Span<Kinds.Sum>(ref sum));
_ = kinds.Add.TestRun(context: memory, contextOut: memory);
#endregion
Console.WriteLine($"syscall: {sum.A} + {sum.B} = {sum.Result}");
