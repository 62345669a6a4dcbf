namespace P3Ebpf.Loader.Tests;

/// <summary>
/// Each system call of an operation fails once. The operation then says so in one typed exception, or does without; nothing that it made stays,
/// in this process or in the kernel.
/// </summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class FaultWalkTests
{
    private static readonly FaultReason[] All = [FaultReason.Exhausted, FaultReason.Forbidden, FaultReason.Unknown];

    public static TheoryData<FaultReason> Reasons => [.. All];

    public static MatrixTheoryData<FaultReason, bool> StaticProbes => new(All, [true, false]);

    public static MatrixTheoryData<FaultReason, BpfProbeMode> Modes => new(All, [BpfProbeMode.Link, BpfProbeMode.Perf, BpfProbeMode.Legacy]);

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Loading_attaching_and_pinning(FaultReason reason)
    {
        Requires.Kernel("5.15", "links of tracepoints");
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = ObjectFile.Read("sched_lottery");
        Walk(reason, walk => walk.Watched["pin"] = () => pins.Entries, stage =>
        {
            BpfPinPlan plan = BpfPinPlan.InDirectory(spec, pins["all"]);
            using BpfPinScope scope = BpfFs.Prepare(plan.Paths);
            using BpfObject loaded = spec.Load();
            loaded.Attach();
            plan.Apply(scope, loaded);
            stage.Begin();
        });
    }

    [Fact]
    public void Loading_when_nothing_is_known_of_the_kernel_yet()
    {
        Requires.Kernel("5.8", "ring buffers");
        BpfObjectSpec spec = ObjectFile.Read("records");
        foreach (FaultReason reason in (FaultReason[])[FaultReason.Exhausted, FaultReason.Forbidden])
        {
            new FaultWalk(reason).Run(stage =>
            {
                KernelFeature.Forget();
                using BpfObject loaded = spec.Load();
                stage.Begin();
            });
        }

        KernelFeature.Forget();
        KernelFeature.BtfLoading.IsSupported().Should().BeTrue("what failed for another reason is asked again");
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_struct_ops_map_with_a_pinned_link(FaultReason reason)
    {
        Requires.Kernel("6.4", "links of struct_ops");
        using var pins = new PrivateBpfFs();
        BpfObjectSpec spec = Controls("linked");
        Walk(reason, walk =>
        {
            walk.Watched["pin"] = () => pins.Entries;
            walk.Watched["congestion control"] = () => Congestion.Available;
        }, stage =>
        {
            BpfPinPlan plan = BpfPinPlan.InDirectory(spec, pins["all"]);
            using BpfPinScope scope = BpfFs.Prepare(plan.Paths);
            using BpfObject loaded = spec.Load();
            loaded.Attach();
            plan.Apply(scope, loaded);
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_registered_struct_ops_map(FaultReason reason)
    {
        Requires.Kernel("5.6", "struct_ops");
        BpfObjectSpec spec = Controls("registered");
        Walk(reason, walk => walk.Watched["congestion control"] = () => Congestion.Available, stage =>
        {
            using BpfObject loaded = spec.Load();
            loaded.Attach();
            loaded.Links[0].Detach();
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(StaticProbes))]
    public void A_static_probe(FaultReason reason, bool multi)
    {
        Probed.RequireUprobes();
        Requires.Feature(multi ? KernelFeature.UprobeMulti : KernelFeature.BpfCookie);
        BpfObjectSpec spec = ObjectFile.Read("sections/usdt");
        spec.Programs["on_guarded"].IsAutoLoaded = true;
        spec.Programs["on_guarded"].ExpectedAttachType = multi ? BpfAttachType.TraceUprobeMulti : BpfAttachType.CgroupInetIngress;
        Walk(reason, stage =>
        {
            using BpfObject loaded = spec.Load();
            using UsdtLink link = UsdtLink.Attach(loaded.Programs["on_guarded"], new BpfUsdt(Probed.Pie, "p3sample", "guarded"), new BpfProbeOptions { Cookie = 7 });
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_uprobe(FaultReason reason, BpfProbeMode mode)
    {
        Probed.RequireUprobes();
        if (mode == BpfProbeMode.Link)
            Requires.Feature(KernelFeature.PerfLink);
        BpfObjectSpec spec = ObjectFile.Read("sections/sections");
        spec.Programs["uprobe"].IsAutoLoaded = true;
        using BpfObject loaded = spec.Load();
        Walk(reason, stage =>
        {
            using UprobeLink link = UprobeLink.Attach(loaded.Programs["uprobe"], new BpfUprobe(Probed.Pie, "work", 0, AtReturn: false), new BpfProbeOptions { Mode = mode });
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_tracepoint(FaultReason reason, BpfProbeMode mode)
    {
        Requires.Tracepoints();
        if (mode == BpfProbeMode.Link)
            Requires.Feature(KernelFeature.PerfLink);
        using BpfProgram program = TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.Tracepoint);
        using BpfProgram raw = TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.RawTracepoint);
        Walk(reason, stage =>
        {
            using TracepointLink link = TracepointLink.Attach(program, new BpfTracepoint("sched", "sched_switch"), new BpfProbeOptions { Mode = mode });
            using RawTracepointLink other = RawTracepointLink.Attach(raw, new BpfRawTracepoint("sched_switch"));
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_kprobe(FaultReason reason, BpfProbeMode mode)
    {
        Requires.Path("/sys/bus/event_source/devices/kprobe/type", "This kernel was built without kprobes.");
        if (mode == BpfProbeMode.Link)
            Requires.Feature(KernelFeature.PerfLink);
        using BpfProgram program = TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.Kprobe);
        Walk(reason, stage =>
        {
            using KprobeLink link = KprobeLink.Attach(program, new BpfKprobe("vfs_read", 0, AtReturn: false), new BpfProbeOptions { Mode = mode });
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_control_group(FaultReason reason)
    {
        Requires.Kernel("5.7", "links of control groups");
        using var group = new PrivateCgroup();
        using BpfProgram program = BpfProgram.Load(
            new BpfProgramOptions { Type = BpfProgramType.CgroupSock, License = "GPL", ExpectedAttachType = BpfAttachType.CgroupInetSockCreate },
            [BpfInstruction.MovImmediate(BpfRegister.R0, 1), BpfInstruction.Exit()]);
        Walk(reason, walk => walk.Watched["program of the group"] = () => CgroupLink.Query(group.Root, BpfAttachType.CgroupInetSockCreate).ProgramIds.Select(id => $"{id}"), stage =>
        {
            using (CgroupLink link = CgroupLink.Attach(program, group.Root))
                link.Detach();
            using CgroupLink without = CgroupLink.AttachWithoutLink(program, group.Root);
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Buffers(FaultReason reason)
    {
        Requires.Map(BpfMapType.UserRingbuf);
        using BpfMap ring = BpfMap.Create(new BpfMapSpec("ring") { Type = BpfMapType.Ringbuf, MaxEntries = 4096 });
        using BpfMap user = BpfMap.Create(new BpfMapSpec("user") { Type = BpfMapType.UserRingbuf, MaxEntries = 4096 });
        Walk(reason, stage =>
        {
            using BpfMap perf = BpfMap.Create(new BpfMapSpec("perf") { Type = BpfMapType.PerfEventArray, KeySize = 4, ValueSize = 4, MaxEntries = 64 });
            using BpfRingBuffer records = new(ring);
            using BpfUserRingBuffer written = new(user);
            using BpfPerfBuffer samples = new(perf, pagesPerCpu: 1);
            _ = records.Poll(_ => { }, TimeSpan.Zero, CancellationToken.None);
            stage.Begin();
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_bpffs_that_is_mounted_for_the_pins(FaultReason reason)
    {
        Requires.Root();
        Requires.Bpf();
        PrivateNamespace.WithoutMountsOn("/sys/fs/bpf", () =>
        {
            using BpfMap map = BpfMap.Create(new BpfMapSpec("pinned") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 });
            Walk(reason, stage =>
            {
                using BpfPinScope scope = BpfFs.Prepare(["/sys/fs/bpf/p3/one", "/sys/fs/bpf/p3/two"]);
                scope.MountedBpfFs.Should().BeTrue();
                scope.Pin(map, "/sys/fs/bpf/p3/one");
                stage.Begin();
            });
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void What_was_pinned_is_opened_and_unpinned(FaultReason reason)
    {
        Requires.Kernel("5.15", "links of tracepoints");
        using var pins = new PrivateBpfFs();
        using BpfObject loaded = ObjectFile.Read("sched_lottery").Load();
        loaded.Attach();
        Walk(reason, walk => walk.Watched["pin"] = () => pins.Entries.Where(path => path.Contains("new", StringComparison.Ordinal)), stage =>
        {
            foreach (string name in (string[])["program", "map", "link"])
                File.Delete(pins[name]);
            loaded.Programs[0].Pin(pins["program"]);
            loaded.Maps["task_map"].Pin(pins["map"]);
            loaded.Links[0].Pin(pins["link"]);
            using BpfProgram program = BpfProgram.FromPin(pins["program"]);
            using BpfMap map = BpfMap.FromPin(pins["map"]);
            using BpfLink link = BpfLink.FromPin(pins["link"]);
            _ = (program.GetInfo(), map.GetInfo(), link.GetInfo());
            link.Unpin();
            program.Unpin();
            map.Unpin();
            stage.Begin();
        });
        foreach (string pin in pins.Entries)
            File.Delete(pin);
    }

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

    private static BpfObjectSpec Controls(string map)
    {
        BpfObjectSpec spec = ObjectFile.Read("congestion");
        foreach (BpfMapSpec each in spec.Maps.Where(each => each.StructOps is not null))
            each.IsAutoCreated = each.Name == map;
        return spec;
    }

    private static void Walk(FaultReason reason, Action<Undoing> operation) => Walk(reason, _ => { }, operation);

    private static void Walk(FaultReason reason, Action<FaultWalk> prepare, Action<Undoing> operation)
    {
        // A refused trial would be taken for the kernel's answer.
        _ = KernelFeature.All.Count(feature => feature.IsSupported());
        var walk = new FaultWalk(reason);
        prepare(walk);
        walk.Run(operation);
    }
}
