using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

/// <summary>Loads and attaches the program of one section, and does what it watches.</summary>
internal sealed partial class SectionTrial(string section)
{
    private const string UnixPath = "/tmp/p3ebpf-test.sock";

    private BpfObject _loaded = null!;
    private BpfProgram _program = null!;

    public bool Loads { get; private set; }

    public bool Attaches { get; private set; }

    public ulong Runs { get; private set; }

    /// <summary>Why it could not be tried.</summary>
    public string? Note { get; set; }

    public void Report()
    {
        if (Environment.GetEnvironmentVariable("P3EBPF_SECTION_REPORT") is { } file)
            File.AppendAllText(file, $"{KernelVersion.Current}|{section}|{Loads}|{Attaches}|{Runs > 0}|{Note}\n");
    }

    public void Run() => PrivateNetwork.Run(section switch
    {
        "struct_ops" => RunCongestionControl,
        "struct_ops.s" => RunSleepingCallback,
        _ => RunProgram,
    });

    /// <summary>Programs of struct_ops are loaded and attached with the map that has them for callbacks.</summary>
    private void RunCongestionControl()
    {
        BpfObjectSpec spec = ObjectFile.Read("congestion");
        foreach (BpfMapSpec map in spec.Maps.Where(map => map.StructOps is not null))
            map.IsAutoCreated = map.Name == "registered";
        using (_loaded = spec.Load())
        {
            Loads = true;
            _loaded.Attach();
            Attaches = true;
            Congestion.Transfer("p3_registered");
            Runs = _loaded.Variables["opened"].Get<ulong>();
        }
    }

    /// <summary>That of a scheduler; where the kernel has no sched_ext, one that can only be test-run.</summary>
    private unsafe void RunSleepingCallback()
    {
        bool canSchedule = Kernel.Running.TryFindType("sched_ext_ops", BtfKind.Struct, out _);
        using (_loaded = ObjectFile.Read(canSchedule ? "sched_ext" : "dummy_ops").Load())
        {
            Loads = true;
            if (canSchedule)
            {
                _loaded.Attach();
                Attaches = true;
                Runs = _loaded.Variables["starts"].Get<ulong>();
                return;
            }

            int state = 0;
            Runs = _loaded.Programs["sleep"].TestRun(context: TestProgram.Bytes((ulong)&state)).ReturnValue == 5 ? 1UL : 0;
        }
    }

    private void RunProgram()
    {
        bool isUsdt = section.StartsWith("usdt", StringComparison.Ordinal);
        string name = section.Replace('.', '_').Replace('/', '_');
        BpfObjectSpec spec = ObjectFile.Read(isUsdt ? "sections/usdt" : "sections/sections");
        BpfProgramSpec program = spec.Programs[name];
        program.IsAutoLoaded = true;
        Redirect(program);
        using BpfObject? target = section == "freplace" ? Probed.Load("sections/sections", "target") : null;
        using (_loaded = spec.Load(new BpfLoadOptions { AttachPrograms = target is null ? new Dictionary<string, BpfProgram>() : new() { [name] = target.Programs["target"] } }))
        {
            Loads = true;
            _program = _loaded.Programs[name];
            ulong before = _loaded.Variables[$"hits_{name}"].Get<ulong>();
            if (target is null)
                Attach();
            else
                Replace(target);
            Runs = _loaded.Variables[$"hits_{name}"].Get<ulong>() - before;
        }
    }

    /// <summary>Without cookies a program must lie at fixed addresses to be watched in all processes.</summary>
    private static string UsdtBinary => KernelFeature.BpfCookie.IsSupported() ? Probed.Pie : Probed.PathOf("probes.fixed");

    /// <summary>The programs of testdata lie where the repository does.</summary>
    private static void Redirect(BpfProgramSpec program) => program.AttachPoint = program.AttachPoint switch
    {
        BpfUprobe point => point with { Binary = Probed.Pie },
        BpfUprobeMulti point => point with { Binary = Probed.Pie },
        BpfUsdt point => point with { Binary = UsdtBinary },
        var point => point,
    };

    private void Replace(BpfObject target)
    {
        using BpfLink link = _program.Attach();
        Attaches = true;
        _ = target.Run("target");
    }

    private void Attach()
    {
        switch (_program.Spec!.AttachPoint)
        {
            case BpfUsdt:
                Probed.RequireUprobes();
                With(_program.Attach(), () => Probed.Run(UsdtBinary, arguments: 2));
                break;
            case BpfUprobe or BpfUprobeMulti:
                Probed.RequireUprobes();
                With(_program.Attach(), () => Probed.Run(Probed.Pie));
                break;
            case BpfBtfTarget { Type: BpfAttachType.LsmCgroup } or BpfCgroupHook:
                AttachToCgroup();
                break;
            case BpfIteratorTarget:
                With(_program.Attach(), () => new StreamReader(((IterLink)_link!).Open()).ReadToEnd());
                break;
            case BpfSocketMapHook:
                AttachToSockets();
                break;
            case BpfSocketHook:
                AttachToSocket();
                break;
            case BpfDeviceHook { Type: BpfAttachType.NetkitPrimary or BpfAttachType.NetkitPeer }:
                PrivateNetwork.AddPair("netkit", "p3k", "p3peer");
                // As they come up devices announce themselves.
                With(_program.Attach(new BpfAttachOptions { Device = "p3k" }), () => Announce(section == "netkit/primary" ? "p3k" : "p3peer"));
                break;
            case BpfDeviceHook hook:
                var device = new BpfAttachOptions { Device = "lo", XdpMode = XdpMode.Generic, Direction = hook.Type is null ? TcDirection.Ingress : null };
                With(_program.Attach(device), () => PrivateNetwork.Exchange());
                break;
            case BpfNetworkNamespaceHook:
                AttachToNamespace();
                break;
            case BpfNetfilterHook:
                var place = new BpfNetfilterOptions { Family = NetfilterFamily.Ipv4, Hook = NetfilterHook.LocalOut };
                With(_program.Attach(new BpfAttachOptions { Netfilter = place }), () => PrivateNetwork.Exchange());
                break;
            case BpfPerfEventHook:
                var faults = new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 2, Period = 1, ProcessId = 0 };
                With(_program.Attach(new BpfAttachOptions { PerfEvent = faults }), Probed.TouchNewPages);
                break;
            case BpfBtfTarget { Name: "bpf_fentry_test1" } or BpfTracingMulti:
                using (BpfObject caller = Probed.Load("sections/sections", "fentry_s"))
                    With(_program.Attach(), () => caller.Programs["fentry_s"].TestRun());
                break;
            case BpfNoAttachPoint:
                RunDirectly();
                break;
            default:
                With(_program.Attach(), Disturb);
                break;
        }
    }

    private BpfLink? _link;

    private void With(BpfLink link, Action act)
    {
        using (_link = link)
        {
            Attaches = true;
            act();
        }
    }

    /// <summary>Writes a file, opens one, and makes a system call that nobody else makes.</summary>
    private static void Disturb()
    {
        for (int i = 0; i < 10; i++)
        {
            _ = GetProcessGroup(Environment.ProcessId);
            File.WriteAllText("/dev/null", "x");
        }
    }

    /// <summary>Kinds that are run, or entered in maps and routes. Those of maps of devices and processors run there only.</summary>
    private void RunDirectly()
    {
        if (section.EndsWith("map", StringComparison.Ordinal))
            EnterInMap();
        else if (section.StartsWith("lwt_", StringComparison.Ordinal))
            EnterInRoute();
        else
            _ = _program.Type == BpfProgramType.Syscall ? _program.TestRun() : _program.TestRun(data: new byte[64], repeat: 1);
    }

    /// <summary>Redirects what arrives at a device back to it, or to another processor, through a map whose entry has the program.</summary>
    private void EnterInMap()
    {
        PrivateNetwork.AddPair("veth", "p3x", "p3y");
        BpfProgramFlags flags = _program.Spec!.Flags;
        BpfMapType type = section.EndsWith("devmap", StringComparison.Ordinal) ? BpfMapType.Devmap : BpfMapType.Cpumap;
        using BpfMap map = BpfMap.Create(new BpfMapSpec("test") { Type = type, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
        // struct bpf_devmap_val, struct bpf_cpumap_val: device or length of the queue, and program
        uint first = type == BpfMapType.Devmap ? NetworkDevice.IndexOf("p3x") : 8;
        map.Update(TestProgram.Bytes(0), TestProgram.Bytes(first, (uint)_program.Handle.Descriptor));
        Attaches = true;

        const BpfHelper RedirectMap = (BpfHelper)51;
        BpfInstruction[] code =
        [
            .. BpfInstruction.LoadMapFd(BpfRegister.R1, map.Handle.Descriptor),
            BpfInstruction.MovImmediate(BpfRegister.R2, 0),
            BpfInstruction.MovImmediate(BpfRegister.R3, 0),
            BpfInstruction.Call(RedirectMap),
            BpfInstruction.Exit(),
        ];
        using BpfProgram redirect = BpfProgram.Load(new BpfProgramOptions { Type = BpfProgramType.Xdp, License = "GPL", Flags = flags }, code);
        using BpfProgram pass = TestProgram.Load([BpfInstruction.MovImmediate(BpfRegister.R0, 2), BpfInstruction.Exit()], BpfProgramType.Xdp);
        // A device of this kind takes what is redirected to it only while its peer has a program too.
        using XdpLink peer = XdpLink.Attach(pass, NetworkDevice.IndexOf("p3y"), XdpMode.Driver);
        using XdpLink link = XdpLink.Attach(redirect, NetworkDevice.IndexOf("p3x"), XdpMode.Driver);
        BpfVariable hits = _loaded.Variables[$"hits_{_program.Name}"];
        for (int i = 0; i < 50 && hits.Get<ulong>() == 0; i++)
        {
            Announce("p3y");
            Thread.Sleep(20);
        }
    }

    /// <summary>Makes a route that has the program, and sends packets along it: from this machine, and as if they came in.</summary>
    private void EnterInRoute()
    {
        PrivateNetwork.AddPair("veth", "p3x", "p3y");
        IPAddress destination = IPAddress.Parse("fc00::1");
        PrivateNetwork.AddRoute(destination, "p3x", _program);
        Attaches = true;

        BpfVariable hits = _loaded.Variables[$"hits_{_program.Name}"];
        bool goesOut = section is "lwt_out" or "lwt_xmit";
        for (int i = 0; i < 50 && hits.Get<ulong>() == 0; i++)
        {
            if (goesOut)
                Send(destination, "p3x");
            else
                PrivateNetwork.SendFrame("p3y", IPAddress.Parse("fc00::2"), destination, next: IPAddress.Parse("fc00::3"));
            Thread.Sleep(20);
        }
    }

    private void AttachToNamespace()
    {
        With(_program.Attach(new BpfAttachOptions { NetworkNamespace = "/proc/thread-self/ns/net" }), () =>
        {
            if (_program.Type == BpfProgramType.SkLookup)
                PrivateNetwork.Connect();
            else
                // Packets are dissected where they are spread over processors, or a raw socket's headers are looked at: BPF_PROG_TEST_RUN does the same.
                _ = _program.TestRun(data: [.. new byte[12], 8, 0, 0x45, .. new byte[45]], repeat: 1);
        });
    }

    private void AttachToSocket()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        const int ReusePort = 15;
        socket.SetRawSocketOption(1, ReusePort, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using SocketLink link = SocketLink.Attach(_program, socket);
        Attaches = true;
        _ = socket.SendTo([1], socket.LocalEndPoint!);
    }

    private void AttachToSockets()
    {
        BpfMap map = _loaded.Maps["sockets"];
        (Socket client, Socket server) = PrivateNetwork.Connect();
        // A parser runs only with a verdict beside it.
        using BpfObject? other = section == "sk_skb/stream_parser" ? Probed.Load("sections/sections", new BpfLoadOptions { MapReplacements = new Dictionary<string, BpfMap> { ["sockets"] = map } }, "sk_skb_stream_verdict") : null;
        using SockmapLink? verdict = other is null ? null : SockmapLink.AttachWithoutLink(other.Programs["sk_skb_stream_verdict"], map);
        using (client)
        using (server)
        {
            With(_program.Attach(new BpfAttachOptions { Map = map }), () =>
            {
                map.Update(BitConverter.GetBytes(0), BitConverter.GetBytes((long)server.Handle));
                map.Update(BitConverter.GetBytes(1), BitConverter.GetBytes((long)client.Handle));
                _ = client.Send(new byte[8]);
                server.ReceiveTimeout = 60_000;
                _ = server.Receive(new byte[8]);
            });
        }
    }

    private void AttachToCgroup()
    {
        using var group = new PrivateCgroup();
        string own = File.ReadLines("/proc/self/cgroup").First(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        string mount = Path.GetDirectoryName(group.Root)!;
        string process = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(group.Root, "cgroup.procs"), process);
        try
        {
            With(_program.Attach(new BpfAttachOptions { Cgroup = group.Root }), UseSockets);
        }
        finally
        {
            File.WriteAllText($"{mount}{own.TrimEnd('/')}/cgroup.procs", process);
        }
    }

    /// <summary>Does once all that programs of control groups watch.</summary>
    [SuppressMessage("Usage", "CA1806", Justification = "Only that it is done counts.")]
    private static void UseSockets()
    {
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            PrivateNetwork.Exchange(family);
            (Socket client, Socket server) = PrivateNetwork.Connect(family);
            AskNames(client);
            _ = client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer);
            client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer, 4096);
            client.Dispose();
            server.Dispose();
        }

        File.Delete(UnixPath);
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        using (var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(UnixPath));
            listener.Listen();
            client.Connect(new UnixDomainSocketEndPoint(UnixPath));
            AskNames(client);
            AskNames(listener);
        }

        File.Delete(UnixPath);
        using (var receiver = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
        using (var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
        {
            receiver.Bind(new UnixDomainSocketEndPoint(UnixPath));
            _ = sender.SendTo([1], new UnixDomainSocketEndPoint(UnixPath));
            EndPoint from = new UnixDomainSocketEndPoint(UnixPath);
            _ = receiver.ReceiveFrom(new byte[1], ref from);
        }

        File.Delete(UnixPath);
        _ = File.ReadAllText("/proc/sys/kernel/ostype");
        File.WriteAllText("/dev/null", "x");
    }

    private static unsafe void AskNames(Socket socket)
    {
        byte* address = stackalloc byte[128];
        uint length = 128;
        _ = GetPeerName((int)socket.Handle, address, &length);
        length = 128;
        _ = GetSocketName((int)socket.Handle, address, &length);
    }

    /// <summary>Sends something out of a device.</summary>
    private static void Announce(string device) => Send(IPAddress.Parse($"ff02::1%{NetworkDevice.IndexOf(device)}"), device);

    private static void Send(IPAddress destination, string device)
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, (int)NetworkDevice.IndexOf(device));
        for (int i = 0; i < 3; i++)
        {
            try
            {
                _ = socket.SendTo([1], new IPEndPoint(destination, 9));
            }
            catch (SocketException)
            {
                // Its address is still being tried.
                Thread.Sleep(100);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "getpgid")]
    private static partial int GetProcessGroup(int pid);

    [LibraryImport("libc", EntryPoint = "getpeername")]
    private static unsafe partial int GetPeerName(int socket, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    private static unsafe partial int GetSocketName(int socket, byte* address, uint* length);
}
