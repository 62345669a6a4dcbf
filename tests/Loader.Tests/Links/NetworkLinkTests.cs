using System.Net;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class NetworkLinkTests
{
    private const string Object = "sections/sections";

    [Fact]
    public void Tcx_programs_go_before_and_behind_others_and_heed_the_revision()
    {
        Requires.Kernel("6.6", "tcx");
        PrivateNetwork.Run(() =>
        {
            uint device = NetworkDevice.IndexOf("lo");
            using BpfObject loaded = Probed.Load(Object, "tcx_ingress", "tc", "classifier", "tc_ingress");
            BpfProgram first = loaded.Programs["tc"], second = loaded.Programs["tcx_ingress"], third = loaded.Programs["classifier"], fourth = loaded.Programs["tc_ingress"];
            using TcxLink middle = TcxLink.Attach(second, device, BpfAttachType.TcxIngress);
            using TcxLink last = TcxLink.Attach(third, device, BpfAttachType.TcxIngress, BpfPlacement.After(middle));
            using TcxLink beginning = TcxLink.Attach(first, device, BpfAttachType.TcxIngress, BpfPlacement.Before(second));
            BpfAttachedPrograms there = TcxLink.Query(device, BpfAttachType.TcxIngress);
            there.ProgramIds.Should().Equal(first.GetInfo().Id, second.GetInfo().Id, third.GetInfo().Id);
            there.LinkIds.Should().Equal(beginning.GetInfo().Id, middle.GetInfo().Id, last.GetInfo().Id);

            fourth.Invoking(p => TcxLink.Attach(p, device, BpfAttachType.TcxIngress, BpfPlacement.First with { ExpectedRevision = there.Revision - 1 }))
                .Should().Throw<BpfException>().WithText("*ESTALE*revision*");
            using (TcxLink.Attach(fourth, device, BpfAttachType.TcxIngress, BpfPlacement.First with { ExpectedRevision = there.Revision }))
                TcxLink.Query(device, BpfAttachType.TcxIngress).ProgramIds[0].Should().Be(fourth.GetInfo().Id);
            fourth.Invoking(p => TcxLink.Attach(p, device, BpfAttachType.TcxIngress, BpfPlacement.Before(fourth))).Should().Throw<BpfException>().WithText("*not attached there*");

            ulong before = loaded.Variables["hits_tcx_ingress"].Get<ulong>();
            PrivateNetwork.Exchange();
            loaded.Variables["hits_tcx_ingress"].Get<ulong>().Should().BeGreaterThan(before);
            loaded.Variables["hits_tc"].Get<ulong>().Should().Be(loaded.Variables["hits_classifier"].Get<ulong>());
        });
    }

    [Theory]
    [InlineData(TcDirection.Ingress)]
    [InlineData(TcDirection.Egress)]
    public void Filters_of_traffic_control_attach_on_every_kernel(TcDirection direction)
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            uint device = NetworkDevice.IndexOf("lo");
            string[] before = OpenDescriptors.OfTheKernel;
            using (BpfObject loaded = Probed.Load(Object, "tc", "classifier"))
            {
                BpfProgram program = loaded.Programs["tc"];
                var options = new TcFilterOptions { Direction = direction, Priority = 7, Handle = 3 };
                using (TcFilter filter = TcFilter.Attach(program, device, options))
                using (TcFilter other = TcFilter.Attach(loaded.Programs["classifier"], device, new TcFilterOptions { Direction = direction }))
                {
                    filter.Options.Should().Be(options);
                    other.Options.Priority.Should().NotBe(0);
                    other.Options.Handle.Should().NotBe(0);
                    Probed.Count(loaded, "hits_tc", () => PrivateNetwork.Exchange()).Should().BeGreaterThan(0);
                    loaded.Variables["hits_classifier"].Get<ulong>().Should().BeGreaterThan(0);
                    program.Invoking(p => TcFilter.Attach(p, device, options)).Should().Throw<BpfException>().Where(e => e.ErrnoName == "EEXIST");
                    using TcFilter replaced = TcFilter.Attach(loaded.Programs["classifier"], device, options with { Replaces = true });
                    Probed.Count(loaded, "hits_tc", () => PrivateNetwork.Exchange()).Should().Be(0);
                }

                Probed.Count(loaded, "hits_classifier", () => PrivateNetwork.Exchange()).Should().Be(0);
                TcFilter.RemoveAll(device);
                program.Invoking(p => TcFilter.Attach(p, 12345, options)).Should().Throw<BpfException>().WithText("*no such network device*");
            }

            OpenDescriptors.Beyond(before).Should().BeEmpty();
        });
    }

    [Fact]
    public void Xdp_attaches_without_a_link_and_lets_nobody_else_in()
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            uint device = NetworkDevice.IndexOf("lo");
            string[] before = OpenDescriptors.OfTheKernel;
            using (BpfObject loaded = Probed.Load(Object, "xdp"))
            {
                BpfProgram program = loaded.Programs["xdp"];
                using (XdpLink link = XdpLink.AttachWithoutLink(program, device, XdpMode.Generic))
                {
                    link.IsKernelLink.Should().BeFalse();
                    Probed.Count(loaded, "hits_xdp", () => PrivateNetwork.Exchange()).Should().BeGreaterThan(0);
                    program.Invoking(p => XdpLink.AttachWithoutLink(p, device, XdpMode.Generic)).Should().Throw<BpfException>().WithText("*EBUSY*attached*");
                    link.Invoking(l => l.Pin("/sys/fs/bpf/x")).Should().Throw<BpfException>().WithText("*5.9*");
                }

                Probed.Count(loaded, "hits_xdp", () => PrivateNetwork.Exchange()).Should().Be(0);
                program.Invoking(p => XdpLink.Attach(p, device, XdpMode.Hardware)).Should().Throw<BpfException>();
                program.Invoking(p => XdpLink.Attach(p, 12345)).Should().Throw<BpfException>().WithText("*no network device*");
            }

            OpenDescriptors.Beyond(before).Should().BeEmpty();
        });
    }

    [Fact]
    public void Xdp_is_run_by_the_driver_where_it_can()
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            PrivateNetwork.AddPair("veth", "p3a", "p3b");
            using BpfObject loaded = Probed.Load(Object, "xdp");
            using XdpLink link = XdpLink.Attach(loaded.Programs["xdp"], NetworkDevice.IndexOf("p3a"), XdpMode.Driver);
            link.GetInfo().Type.Should().Be(BpfLinkType.Xdp);
        });
    }

    [Fact]
    public void What_xdp_puts_before_a_packet_is_there_for_traffic_control()
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            using BpfObject loaded = ObjectFile.Read("xdp_metadata").Load();
            loaded.Attach(new BpfAttachOptions { Device = "lo", Direction = TcDirection.Ingress, XdpMode = XdpMode.Generic });
            PrivateNetwork.Exchange();
            loaded.Variables["found"].Get<uint>().Should().Be(0xfeed);
        });
    }

    [Fact]
    public void A_program_that_is_bound_to_a_device_asks_it_about_its_packets()
    {
        Requires.Kernel("6.3", "programs bound to devices");
        PrivateNetwork.Run(() =>
        {
            PrivateNetwork.AddPair("veth", "p3a", "p3b");
            uint device = NetworkDevice.IndexOf("p3a");
            BpfObjectSpec spec = ObjectFile.Read("xdp_metadata");
            foreach (BpfProgramSpec each in spec.Programs)
                each.IsAutoLoaded = each.Name == "ask";
            BpfProgramSpec ask = spec.Programs["ask"];
            ask.InterfaceIndex = device;
            ask.Flags |= BpfProgramFlags.XdpDevBoundOnly;
            using BpfObject loaded = spec.Load();
            using XdpLink link = XdpLink.Attach(loaded.Programs["ask"], device, XdpMode.Driver);
            SpinWait.SpinUntil(
                () =>
                {
                    PrivateNetwork.SendFrame("p3b", IPAddress.Parse("fc00::2"), IPAddress.Parse("fc00::1"), next: IPAddress.Parse("fc00::3"));
                    return loaded.Variables["asked"].Get<uint>() > 0;
                },
                TimeSpan.FromMinutes(1)).Should().BeTrue("frames arrive");
            loaded.Variables["answer"].Get<int>().Should().BeOneOf([0, -61], "it has a hash or says that it has none (ENODATA)");
            ask.InterfaceIndex = NetworkDevice.IndexOf("p3b");
            using BpfObject other = spec.Load();
            other.Programs["ask"].Invoking(p => XdpLink.Attach(p, device, XdpMode.Driver)).Should().Throw<BpfException>("it is bound to another device");
        });
    }

    [Fact]
    public void Section_names_attach_to_the_device_that_is_said()
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            using BpfObject loaded = Probed.Load(Object, "xdp", "tc");
            loaded.Attach();
            loaded.Links.Should().BeEmpty("no device is said");
            loaded.Programs["tc"].Invoking(p => p.Attach(new BpfAttachOptions { Device = "lo" })).Should().Throw<BpfException>().WithText("*direction*");
            loaded.Attach(new BpfAttachOptions { Device = "lo", Direction = TcDirection.Egress, XdpMode = XdpMode.Generic });
            loaded.Links.Should().HaveCount(2);
            PrivateNetwork.Exchange();
            loaded.Variables["hits_xdp"].Get<ulong>().Should().BeGreaterThan(0);
            loaded.Variables["hits_tc"].Get<ulong>().Should().BeGreaterThan(0);
        });
    }

    [Fact]
    public void Netfilter_hooks_have_one_program_for_each_priority()
    {
        Requires.Kernel("6.4", "links of netfilter");
        PrivateNetwork.Run(() =>
        {
            using BpfObject loaded = Probed.Load(Object, "netfilter");
            var options = new BpfNetfilterOptions { Family = NetfilterFamily.Ipv4, Hook = NetfilterHook.LocalOut, Priority = 5 };
            using NetfilterLink link = NetfilterLink.Attach(loaded.Programs["netfilter"], options);
            Probed.Count(loaded, "hits_netfilter", () => PrivateNetwork.Exchange()).Should().BeGreaterThan(0);
            loaded.Programs["netfilter"].Invoking(p => NetfilterLink.Attach(p, options)).Should().Throw<BpfException>().WithText("*EBUSY*priority*");
        });
    }
}
