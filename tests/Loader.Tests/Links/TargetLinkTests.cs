using System.Net;
using System.Net.Sockets;
using System.Text;

namespace P3Ebpf.Loader.Tests;

/// <summary>What is attached to control groups, maps of sockets, sockets, and other programs.</summary>
[KernelTests]
public sealed class TargetLinkTests
{
    private const string Object = "sections/sections";

    [Fact]
    public void Control_groups_take_programs_without_links_beside_and_in_place_of_others()
    {
        Requires.Bpf();
        using var group = new PrivateCgroup();
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfObject loaded = Probed.Load(Object, "cgroup_sock", "cgroup_sock_create"))
        {
            BpfProgram one = loaded.Programs["cgroup_sock"], other = loaded.Programs["cgroup_sock_create"];
            const BpfAttachType Type = BpfAttachType.CgroupInetSockCreate;
            using (CgroupLink.AttachWithoutLink(one, group.Root))
            {
                using (CgroupLink.AttachWithoutLink(other, group.Root))
                    CgroupLink.Query(group.Root, Type).ProgramIds.Should().Equal(one.GetInfo().Id, other.GetInfo().Id);
                CgroupLink.Query(group.Root, Type).ProgramIds.Should().Equal(one.GetInfo().Id);
                using (CgroupLink.AttachWithoutLink(other, group.Root, new BpfCgroupOptions { Replaced = one }))
                    CgroupLink.Query(group.Root, Type).ProgramIds.Should().Equal(other.GetInfo().Id);
            }

            CgroupLink.Query(group.Root, Type).ProgramIds.Should().BeEmpty();
            using (CgroupLink.AttachWithoutLink(one, group.Root, new BpfCgroupOptions { Sharing = BpfCgroupSharing.Exclusive }))
                other.Invoking(p => CgroupLink.Attach(p, group.Root)).Should().Throw<BpfException>().WithText("*EPERM*no others*");
            one.Invoking(p => CgroupLink.Attach(p, "/tmp")).Should().Throw<BpfException>().WithText("*cgroup2*");
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Programs_of_a_control_group_go_before_and_behind_others()
    {
        Requires.Kernel("6.17", "places among the programs of a control group");
        using var group = new PrivateCgroup();
        using BpfObject loaded = Probed.Load(Object, "cgroup_sock", "cgroup_sock_create");
        BpfProgram one = loaded.Programs["cgroup_sock"], other = loaded.Programs["cgroup_sock_create"];
        using CgroupLink first = CgroupLink.Attach(one, group.Root);
        BpfAttachedPrograms there = CgroupLink.Query(group.Root, BpfAttachType.CgroupInetSockCreate);
        other.Invoking(p => CgroupLink.Attach(p, group.Root, new BpfCgroupOptions { Placement = BpfPlacement.First with { ExpectedRevision = there.Revision + 5 } }))
            .Should().Throw<BpfException>().WithText("*ESTALE*");
        using CgroupLink second = CgroupLink.Attach(other, group.Root, new BpfCgroupOptions { Placement = BpfPlacement.Before(first) });
        CgroupLink.Query(group.Root, BpfAttachType.CgroupInetSockCreate).ProgramIds.Should().Equal(other.GetInfo().Id, one.GetInfo().Id);
    }

    [Theory]
    [InlineData("sk_msg", false)]
    [InlineData("sk_msg", true)]
    [InlineData("sk_skb_verdict", false)]
    [InlineData("sk_skb_verdict", true)]
    [InlineData("sk_skb_stream_verdict", false)]
    public void Maps_of_sockets_show_programs_what_their_sockets_send_and_receive(string program, bool byLink)
    {
        Requires.Bpf();
        if (byLink)
            Requires.Kernel("6.10", "links of maps of sockets");
        else if (program == "sk_skb_verdict")
            Requires.Kernel("5.13", "sk_skb/verdict");
        PrivateNetwork.Run(() =>
        {
            using BpfObject loaded = Probed.Load(Object, program);
            BpfMap map = loaded.Maps["sockets"];
            (Socket client, Socket server) = PrivateNetwork.Connect();
            using (client)
            using (server)
            using (SockmapLink link = byLink ? SockmapLink.Attach(loaded.Programs[program], map) : SockmapLink.AttachWithoutLink(loaded.Programs[program], map))
            {
                link.IsKernelLink.Should().Be(byLink);
                map.Update(BitConverter.GetBytes(0), server.SafeHandle);
                map.Update(BitConverter.GetBytes(1), client.SafeHandle);
                byte[] received = new byte[16];
                Probed.Count(loaded, $"hits_{program}", () =>
                {
                    _ = client.Send([1, 2, 3]);
                    server.ReceiveTimeout = 60_000;
                    server.Receive(received).Should().Be(3);
                }).Should().BeGreaterThan(0);
                loaded.Programs[program].Invoking(p => SockmapLink.Attach(p, loaded.Maps.First(m => m != map))).Should().Throw<BpfException>();
            }
        });
    }

    [Fact]
    public void A_socket_is_filtered()
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            string[] before = OpenDescriptors.OfTheKernel;
            using (BpfObject loaded = Probed.Load(Object, "socket"))
            using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                using (SocketLink.Attach(loaded.Programs["socket"], socket))
                    Probed.Count(loaded, "hits_socket", Send).Should().Be(1);
                Probed.Count(loaded, "hits_socket", Send).Should().Be(0);
                loaded.Programs["socket"].Invoking(p => SocketLink.Attach(p, socket, choosesAmongSeveral: true)).Should().Throw<BpfException>().WithText("*SO_REUSEPORT*");

                void Send()
                {
                    _ = socket.SendTo([1], socket.LocalEndPoint!);
                    socket.ReceiveTimeout = 60_000;
                    _ = socket.Receive(new byte[1]);
                }
            }

            OpenDescriptors.Beyond(before).Should().BeEmpty();
        });
    }

    [Fact]
    public void A_flow_dissector_attaches_with_and_without_a_link()
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            using BpfObject loaded = Probed.Load(Object, "flow_dissector");
            BpfProgram program = loaded.Programs["flow_dissector"];
            using (NetnsLink link = NetnsLink.AttachWithoutLink(program))
                program.Invoking(p => NetnsLink.Attach(p)).Should().Throw<BpfException>().WithText("*EEXIST*detach it first*");
            using (NetnsLink link = NetnsLink.Attach(program))
                link.GetInfo().AttachType.Should().Be(BpfAttachType.FlowDissector);
        });
    }

    [Fact]
    public void A_function_of_a_program_is_replaced_and_watched()
    {
        Requires.Bpf();
        using BpfObject target = Probed.Load(Object, "target");
        BpfProgram program = target.Programs["target"];
        target.Run("target").Should().Be(3);
        var options = new BpfLoadOptions { AttachPrograms = new Dictionary<string, BpfProgram> { ["freplace"] = program, ["watch_entry"] = program, ["watch_exit"] = program } };
        Trampolines(() =>
        {
            using (BpfObject watching = Probed.Load(Object, options, "watch_entry", "watch_exit"))
            {
                watching.Attach();
                watching.Links.Should().HaveCount(2);
                target.Run("target").Should().Be(3);
                watching.Variables["hits_watch_entry"].Get<ulong>().Should().Be(1);
                watching.Variables["hits_watch_exit"].Get<ulong>().Should().Be(1);
            }

            using (BpfObject replacing = Probed.Load(Object, options, "freplace"))
            {
                replacing.Attach();
                replacing.Links.Should().ContainSingle().Which.Should().BeOfType<TracingLink>();
                target.Run("target").Should().Be(7);
            }

            target.Run("target").Should().Be(3);
        });
    }

    [Fact]
    public void A_program_to_be_replaced_must_be_named_and_have_the_function()
    {
        Requires.Bpf();
        FluentActions.Invoking(() => Probed.Load(Object, "freplace")).Should().Throw<BpfException>().WithText("*AttachPrograms*");
        using BpfObject target = Probed.Load(Object, "target");
        BpfObjectSpec spec = ObjectFile.Read(Object);
        spec.Programs["freplace"].IsAutoLoaded = true;
        spec.Programs["freplace"].AttachPoint = BpfAttachPoint.Parse("freplace/replacable");
        spec.Invoking(s => s.Load(new BpfLoadOptions { AttachPrograms = new Dictionary<string, BpfProgram> { ["freplace"] = target.Programs["target"] } }))
            .Should().Throw<BpfException>().WithText("*no function 'replacable'; similar: replaceable*");
    }

    [Fact]
    public void Iterators_walk_what_they_are_told()
    {
        Requires.Kernel("5.8", "iterators");
        using BpfObject loaded = Probed.Load(Object, "iter", "iter_map");
        Walk(loaded, "iter", new BpfIteratorOptions()).Should().BeGreaterThan(2);
        Walk(loaded, "iter_map", new BpfIteratorOptions { Map = loaded.Maps["numbers"] }).Should().BeInRange(3, 4, "there are three entries, and the end");
        loaded.Programs["iter_map"].Invoking(p => IterLink.Attach(p)).Should().Throw<BpfException>().WithText("*BpfIteratorOptions*");
        if (KernelVersion.Current < new Version(6, 1))
            return;
        Walk(loaded, "iter", new BpfIteratorOptions { ThreadId = 1 }).Should().BeInRange(1, 2, "there is one such thread, and the end");
        using var group = new PrivateCgroup();
        using BpfObject groups = Probed.Load(Object, "iter_cgroup");
        Walk(groups, "iter_cgroup", new BpfIteratorOptions { Cgroup = group.Root, CgroupOrder = BpfCgroupOrder.SelfOnly }).Should().BeInRange(1, 2);
        Walk(groups, "iter_cgroup", new BpfIteratorOptions { Cgroup = group.Root, CgroupOrder = BpfCgroupOrder.AncestorsUp }).Should().BeGreaterThan(1);
    }

    [Fact]
    public void An_iterators_records_are_read_by_type_and_must_be_whole()
    {
        Requires.Kernel("6.1", "iterators over one thread");
        using BpfObject loaded = Probed.Load("records", "walk");
        using IterLink link = IterLink.Attach(loaded.Programs["walk"], new BpfIteratorOptions { ThreadId = Environment.ProcessId });
        string line = $"task {Environment.ProcessId}\n";
        Encoding.UTF8.GetString([.. link.ReadAll<byte>()]).Should().Be(line);
        link.ReadAll<uint>().First().Should().Be(BitConverter.ToUInt32("task"u8));
        link.Invoking(l => l.ReadAll<decimal>().ToList()).Should().Throw<EndOfStreamException>().WithMessage($"*{line.Length} of the 16 bytes of Decimal*");

        using IterLink all = IterLink.Attach(loaded.Programs["walk"]);
        Encoding.UTF8.GetString([.. all.ReadAll<byte>()]).Should().StartWith("task ").And.Contain(line).And.EndWith("\n");
    }

    private static ulong Walk(BpfObject loaded, string program, BpfIteratorOptions options) => Probed.Count(loaded, $"hits_{program}", () =>
    {
        using IterLink link = IterLink.Attach(loaded.Programs[program], options);
        using var reader = new StreamReader(link.Open(), Encoding.UTF8);
        _ = reader.ReadToEnd();
    });

    [Fact]
    public void Perf_events_run_programs_at_a_frequency_or_after_so_many()
    {
        Requires.Bpf();
        using BpfObject loaded = Probed.Load(Object, "perf_event");
        BpfProgram program = loaded.Programs["perf_event"];
        var switches = new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 3, Period = 1, ProcessId = Environment.ProcessId };
        using (PerfEventLink.Attach(program, new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 0, Frequency = 1000, Cpu = 0 }))
            _ = 0;
        using (PerfEventLink.Attach(program, new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 2, Period = 1, ProcessId = 0 }))
            Probed.Count(loaded, "hits_perf_event", Probed.TouchNewPages).Should().BeGreaterThan(0);
        program.Invoking(p => PerfEventLink.Attach(p, switches with { Type = (BpfPerfEventType)99 })).Should().Throw<BpfException>();
        program.Invoking(p => PerfEventLink.Attach(p, new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 0, Period = 1 })).Should().Throw<ArgumentException>();
    }

    /// <summary>Skips where the machine or its policy keeps the kernel from patching programs.</summary>
    private static void Trampolines(Action test)
    {
        try
        {
            test();
        }
        catch (BpfException e) when (e.IsNotPermittedOrSupported)
        {
            Assert.Skip($"This kernel does not trace programs: {e.Message}");
        }
    }
}
