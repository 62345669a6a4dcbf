namespace P3Ebpf.Loader.Tests;

/// <summary>Attaching programs, kind by kind, and the buffers by which they tell.</summary>
[KernelTests]
[Trait("Takes", "Long")]
public sealed class AttachFaultTests : FaultTests
{
    public static MatrixTheoryData<FaultReason, bool> StaticProbes => new(AllReasons, [true, false]);

    public static MatrixTheoryData<FaultReason, BpfProbeMode> Modes => new(AllReasons, [BpfProbeMode.Link, BpfProbeMode.Perf, BpfProbeMode.Legacy]);

    /// <summary>Programs of testdata/bpf/sections that are attached by one call more than those that have tests of their own.</summary>
    public static MatrixTheoryData<FaultReason, string> OtherKinds => new(AllReasons,
    [
        "fentry", "fexit", "fmod_ret", "fsession", "fentry_multi", "freplace", "lsm", "tp_btf", "kprobe_multi", "kprobe_session", "ksyscall",
        "uprobe_multi", "iter", "perf_event", "netfilter", "sk_lookup", "sk_msg",
    ]);

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
    [MemberData(nameof(OtherKinds))]
    public void A_program_of_another_kind(FaultReason reason, string name)
    {
        BpfObjectSpec spec = ObjectFile.Read("sections/sections");
        BpfProgramSpec program = spec.Programs[name];
        program.IsAutoLoaded = true;
        if (program.AttachPoint is BpfUprobeMulti functions)
            program.AttachPoint = functions with { Binary = Probed.Pie };
        Requires.Kernel(program.Type.Since().ToString(2), $"programs of type {program.Type}");
        Requires.Kernel((program.ExpectedAttachType?.Since() ?? new Version(4, 4)).ToString(2), $"what is attached to {program.SectionName}");
        PrivateNetwork.Run(() =>
        {
            using BpfObject? target = name == "freplace" ? Probed.Load("sections/sections", "target") : null;
            var loading = new BpfLoadOptions { AttachPrograms = target is null ? new Dictionary<string, BpfProgram>() : new() { [name] = target.Programs["target"] } };
            try
            {
                Operation(new Undoing(() => { }));
            }
            catch (BpfException e) when (e.IsNotPermittedOrSupported)
            {
                Assert.Skip($"{e.Message} {e.Hint}");
            }

            Walk(reason, Operation);

            void Operation(Undoing stage)
            {
                using BpfObject loaded = spec.Load(loading);
                using BpfLink link = loaded.Programs[name].Attach(new BpfAttachOptions
                {
                    Map = name == "sk_msg" ? loaded.Maps["sockets"] : null,
                    NetworkNamespace = "/proc/thread-self/ns/net",
                    Netfilter = new BpfNetfilterOptions { Family = NetfilterFamily.Ipv4, Hook = NetfilterHook.LocalOut },
                    PerfEvent = new BpfPerfEvent { Type = BpfPerfEventType.Software, Config = 2, Period = 1, ProcessId = 0 },
                });
                if (link is IterLink iterator)
                    iterator.Open().Dispose();
                stage.Begin();
            }
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
}
