using System.Net.Sockets;
using BpfCounter;
using P3Ebpf.Loader.Links;
using P3Ebpf.Loader.Resources;

// Counts what a network device receives (lo unless one is named), until Ctrl-C; with a number after it, for so many seconds.
string device = args.Length > 0 ? args[0] : "lo";
int seconds = args.Length > 1 ? int.Parse(args[1]) : int.MaxValue;
try
{
    using PacketCounter counter = PacketCounter.Open();
    counter.Load();
    counter.Object.Attach(new BpfAttachOptions { Device = device });
    for (int second = 1; second <= seconds; second++)
    {
        await Task.Delay(TimeSpan.FromSeconds(1));
        Console.WriteLine($"{device}, {second} s");
        foreach ((uint protocol, PacketCounter.Traffic[] cpus) in counter.ByProtocol)
        {
            long packets = cpus.Sum(cpu => (long)cpu.Packets);
            if (packets != 0)
                Console.WriteLine($"  {(ProtocolType)protocol,-8} {packets,10} packets {cpus.Sum(cpu => (long)cpu.Bytes),14} bytes");
        }
    }

    return 0;
}
catch (BpfException e)
{
    Console.Error.WriteLine($"{e.Message}\n{e.Hint}");
    return 1;
}
