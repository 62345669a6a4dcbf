namespace P3Ebpf.Loader.Tests;

/// <summary>Attaching to network devices, by links and by netlink.</summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class NetworkFaultTests : FaultTests
{
    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_device_by_xdp(FaultReason reason) => InNetwork(reason, "xdp", (program, device) => stage =>
    {
        using (XdpLink.Attach(program, device, XdpMode.Generic))
        {
        }

        using XdpLink without = XdpLink.AttachWithoutLink(program, device, XdpMode.Generic);
        stage.Begin();
    });

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_device_by_tcx(FaultReason reason)
    {
        Requires.Kernel("6.6", "tcx");
        InNetwork(reason, "tc", (program, device) => stage =>
        {
            using TcxLink link = TcxLink.Attach(program, device, BpfAttachType.TcxIngress);
            _ = TcxLink.Query(device, BpfAttachType.TcxIngress);
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Filters_of_traffic_control(FaultReason reason) => InNetwork(reason, "tc", (program, device) => stage =>
    {
        using (TcFilter.Attach(program, device, new TcFilterOptions { Direction = TcDirection.Ingress }))
        {
        }

        TcFilter.RemoveAll(device);
    });

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_filter_beside_those_of_others(FaultReason reason)
    {
        bool isThere = false;
        InNetwork(reason, "tc", (program, device) =>
        {
            TcFilter theirs = TcFilter.Attach(program, device, new TcFilterOptions { Direction = TcDirection.Egress });
            isThere = true;
            return stage =>
            {
                using TcFilter filter = TcFilter.Attach(program, device, new TcFilterOptions { Direction = TcDirection.Ingress });
                GC.KeepAlive(theirs);
                stage.Begin();
            };
        });
        isThere.Should().BeTrue();
    }

    private static void InNetwork(FaultReason reason, string name, Func<BpfProgram, uint, Action<Undoing>> operation)
    {
        Requires.Bpf();
        PrivateNetwork.Run(() =>
        {
            using BpfObject loaded = Probed.Load("sections/sections", name);
            uint device = NetworkDevice.IndexOf("lo");
            Action<Undoing> whole = operation(loaded.Programs[name], device);
            Walk(reason, walk => walk.Watched["queueing discipline"] = () => PrivateNetwork.HasClsact(device) ? ["clsact"] : [], whole);
        });
    }
}
