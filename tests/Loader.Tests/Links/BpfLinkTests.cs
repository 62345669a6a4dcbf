using System.Globalization;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfLinkTests
{
    /// <summary>Counts its runs in entry 0 of an array.</summary>
    private static BpfInstruction[] Counter(BpfMap counts) =>
    [
        StoreImmediate(BpfAccessSize.Word, R10, -4, 0),
        Mov(R2, R10),
        AddImmediate(R2, -4),
        .. LoadMapFd(R1, counts.Handle.Descriptor),
        Call(BpfHelper.MapLookupElem),
        JumpIfImmediate(BpfJumpOperation.Jeq, R0, 0, 2),
        MovImmediate(R1, 1),
        Atomic(BpfAtomicOperation.Add, BpfAccessSize.DoubleWord, R0, 0, R1),
        .. TestProgram.ReturnZero,
    ];

    private static BpfMap Counts() =>
        BpfMap.Create(new BpfMapSpec("test") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 });

    private static ulong Count(BpfMap counts) => new BpfArrayMap<ulong>(counts)[0];

    private static void Switch()
    {
        for (int i = 0; i < 20; i++)
            Thread.Sleep(1);
    }

    [Fact]
    public void A_tracepoint_counts_until_the_link_is_disposed()
    {
        Requires.Bpf();
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfMap counts = Counts())
        using (BpfProgram program = TestProgram.Load(Counter(counts), BpfProgramType.Tracepoint))
        {
            using (TracepointLink link = TracepointLink.Attach(program, new BpfTracepoint("sched", "sched_switch")))
            {
                Switch();
                Count(counts).Should().BeGreaterThan(0);
                if (link.IsKernelLink)
                    link.GetInfo().Should().BeEquivalentTo(new { Type = BpfLinkType.PerfEvent, ProgramId = program.GetInfo().Id });
                else
                    link.Invoking(l => l.Pin("/sys/fs/bpf/x")).Should().Throw<BpfException>()
                        .Where(e => e.Kind == BpfFailureKind.NotSupported && e.Hint!.Contains("5.15"));
            }
            ulong final = Count(counts);
            Switch();
            Count(counts).Should().Be(final);
        }
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void A_missing_tracepoint_suggests_similar_ones_and_leaves_nothing()
    {
        Requires.Bpf();
        using BpfProgram program = TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.Tracepoint);
        string[] before = OpenDescriptors.OfTheKernel;
        program.Invoking(p => TracepointLink.Attach(p, new BpfTracepoint("sched", "sched_swich"))).Should().Throw<BpfException>()
            .Where(e => e.ErrnoName == "ENOENT" && e.Hint!.Contains("sched_switch"));
        program.Invoking(p => TracepointLink.Attach(p, new BpfTracepoint("shed", "sched_switch"))).Should().Throw<BpfException>()
            .Where(e => e.Hint!.Contains("sched"));
        program.Invoking(p => TracepointLink.Attach(p, new BpfTracepoint("..", "sched"))).Should().Throw<BpfException>();
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void Tracefs_is_used_without_being_mounted_anywhere()
    {
        Requires.Bpf();
        string[] before = Mounts();
        using (TraceFs traceFs = TraceFs.Open())
        {
            traceFs.GetTracepointId("sched", "sched_switch").Should().BePositive();
            traceFs.List().Should().Contain("sched");
            traceFs.List("sched").Should().Contain("sched_switch").And.BeInAscendingOrder(StringComparer.Ordinal);
            traceFs.IsMounted.Should().Be(before.Length > 0);
        }
        Mounts().Should().Equal(before);

        static string[] Mounts() => [.. File.ReadLines("/proc/self/mounts").Where(line => line.Contains(" tracefs ", StringComparison.Ordinal))];
    }

    [Fact]
    public void Raw_tracepoints_attach_by_name()
    {
        Requires.Bpf();
        using BpfMap counts = Counts();
        using BpfProgram program = TestProgram.Load(Counter(counts), BpfProgramType.RawTracepoint);
        using RawTracepointLink link = RawTracepointLink.Attach(program, new BpfRawTracepoint("sched_switch"));
        Switch();
        Count(counts).Should().BeGreaterThan(0);
        program.Invoking(p => RawTracepointLink.Attach(p, new BpfRawTracepoint("no_such_tracepoint"))).Should().Throw<BpfException>().Which.Hint.Should().Contain("no_such");
    }

    [Fact]
    public void Kprobes_attach_by_function_name()
    {
        Requires.Bpf();
        Requires.Path("/sys/bus/event_source/devices/kprobe/type", "This kernel was built without kprobes.");
        using BpfMap counts = Counts();
        using BpfProgram program = TestProgram.Load(Counter(counts), BpfProgramType.Kprobe);
        using (KprobeLink.Attach(program, new BpfKprobe("vfs_read", 0, AtReturn: false)))
        {
            _ = File.ReadAllText("/proc/self/status");
            Count(counts).Should().BeGreaterThan(0);
        }
        using (KprobeLink.Attach(program, new BpfKprobe("vfs_read", 0, AtReturn: true)))
            _ = File.ReadAllText("/proc/self/status");
        program.Invoking(p => KprobeLink.Attach(p, new BpfKprobe("vfs_raed", 0, AtReturn: false))).Should().Throw<BpfException>().Which.Hint.Should().Contain("vfs_read");
    }

    [Theory]
    [InlineData(BpfProbeMode.Legacy)]
    [InlineData(BpfProbeMode.Perf)]
    public void Kprobes_attach_by_the_older_interfaces_and_leave_nothing(BpfProbeMode mode)
    {
        Requires.Bpf();
        Requires.Path("/sys/bus/event_source/devices/kprobe/type", "This kernel was built without kprobes.");
        string[] before = OpenDescriptors.OfTheKernel;
        using (BpfMap counts = Counts())
        using (BpfProgram program = TestProgram.Load(Counter(counts), BpfProgramType.Kprobe))
        {
            var options = new BpfProbeOptions { Mode = mode };
            using (KprobeLink.Attach(program, new BpfKprobe("vfs_read", 0, AtReturn: false), options))
            using (KprobeLink.Attach(program, new BpfKprobe("vfs_read", 0, AtReturn: true), options))
            {
                _ = File.ReadAllText("/proc/self/status");
                Count(counts).Should().BeGreaterThan(1);
            }

            ulong final = Count(counts);
            _ = File.ReadAllText("/proc/self/status");
            Count(counts).Should().Be(final);
            program.Invoking(p => KprobeLink.Attach(p, new BpfKprobe("vfs_raed", 0, AtReturn: false), options)).Should().Throw<BpfException>().WithText("*similar: *vfs_read*");
        }

        OpenDescriptors.Beyond(before).Should().BeEmpty();
        using TraceFs traceFs = TraceFs.Open();
        traceFs.ReadLines("kprobe_events").Should().NotContain(line => line.Contains($"p3_{Environment.ProcessId}_"));
    }

    [Fact]
    public void A_pattern_attaches_to_all_kernel_functions_that_match()
    {
        Requires.Bpf();
        Assert.SkipUnless(KernelFeature.KprobeMulti.IsSupported(), "This kernel has no kprobe.multi.");
        using BpfObject loaded = Probed.Load("sections/sections", "kprobe_multi");
        using (KprobeMultiLink link = KprobeMultiLink.Attach(loaded.Programs["kprobe_multi"], new BpfKprobeMulti("vfs_r*", AtReturn: false, IsSession: false), new BpfProbeOptions { Cookie = 5 }))
        {
            link.FunctionCount.Should().BeGreaterThan(3);
            Probed.Count(loaded, "hits_kprobe_multi", () => File.ReadAllText("/proc/self/status")).Should().BeGreaterThan(0);
        }

        loaded.Programs["kprobe_multi"].Invoking(p => KprobeMultiLink.Attach(p, new BpfKprobeMulti("no_such_*", AtReturn: false, IsSession: false)))
            .Should().Throw<BpfException>().WithText("*available_filter_functions*");
        loaded.Programs["kprobe_multi"].Invoking(p => KprobeMultiLink.Attach(p, new BpfKprobeMulti("vfs_raed", AtReturn: false, IsSession: false)))
            .Should().Throw<BpfException>().WithText("*similar: *vfs_read*");
    }

    [Fact]
    public void Many_kernel_functions_attach_at_once_or_the_needed_kernel_is_named()
    {
        Requires.Bpf();
        using BpfMap counts = Counts();
        using BpfProgram program = BpfProgram.Load(
            new BpfProgramOptions { Type = BpfProgramType.Kprobe, License = "GPL", ExpectedAttachType = BpfAttachType.TraceKprobeMulti }, Counter(counts));
        if (!KernelFeature.KprobeMulti.IsSupported())
        {
            program.Invoking(p => KprobeMultiLink.Attach(p, ["vfs_read"])).Should().Throw<BpfException>().Which.Kind.Should().Be(BpfFailureKind.NotSupported);
            return;
        }
        using KprobeMultiLink link = KprobeMultiLink.Attach(program, ["vfs_read", "vfs_write"], new BpfMultiProbeOptions { Cookies = [1, 2] });
        _ = File.ReadAllText("/proc/self/status");
        Count(counts).Should().BeGreaterThan(0);
        link.GetInfo().Type.Should().Be(BpfLinkType.KprobeMulti);
    }

    [Fact]
    public void Typed_tracepoints_attach_where_the_program_was_loaded_for()
    {
        Requires.Bpf();
        using BpfMap counts = Counts();
        using BpfProgram program = LoadForTypedef(counts, "btf_trace_sched_switch");
        using TracingLink link = TracingLink.Attach(program);
        Switch();
        Count(counts).Should().BeGreaterThan(0);
    }

    private static BpfProgram LoadForTypedef(BpfMap counts, string name)
    {
        const int Typedef = 8;
        byte[] btf = File.ReadAllBytes("/sys/kernel/btf/vmlinux");
        uint id = VmlinuxTypes.Find(btf, Typedef, name);
        return BpfProgram.Load(
            new BpfProgramOptions { Type = BpfProgramType.Tracing, License = "GPL", ExpectedAttachType = BpfAttachType.TraceRawTp, AttachBtfId = id },
            Counter(counts));
    }

    [Fact]
    public void Uprobes_attach_by_file_offset()
    {
        Requires.Bpf();
        Requires.Path("/sys/bus/event_source/devices/uprobe/type", "This kernel was built without uprobes.");
        using BpfProgram program = TestProgram.Load(TestProgram.ReturnZero, BpfProgramType.Kprobe);
        string libc = File.ReadLines("/proc/self/maps").First(line => line.Contains("libc.so", StringComparison.Ordinal) && line.Contains("r-xp", StringComparison.Ordinal));
        ulong offset = ulong.Parse(libc.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        string path = libc[libc.IndexOf('/', StringComparison.Ordinal)..];
        using UprobeLink link = UprobeLink.Attach(program, new BpfUprobe(path, "", offset + 0x100, AtReturn: false), new BpfProbeOptions { ProcessId = Environment.ProcessId });
        link.Handle.IsInvalid.Should().BeFalse();
    }

    [Fact]
    public void Xdp_attaches_to_the_loopback_device_and_changes_its_program()
    {
        Requires.Bpf();
        PrivateNamespace.WithNetwork(() =>
        {
            BpfInstruction[] pass = [MovImmediate(R0, 2), Exit()];
            using BpfProgram first = TestProgram.Load(pass, BpfProgramType.Xdp);
            using BpfProgram second = TestProgram.Load(pass, BpfProgramType.Xdp);
            uint loopback = NetworkDevice.IndexOf("lo");
            using XdpLink link = XdpLink.Attach(first, loopback, XdpMode.Generic);
            link.GetInfo().Should().BeEquivalentTo(new { Type = BpfLinkType.Xdp, InterfaceIndex = loopback, ProgramId = first.GetInfo().Id });
            link.Update(second);
            link.GetInfo().ProgramId.Should().Be(second.GetInfo().Id);
            first.Invoking(p => XdpLink.Attach(p, loopback)).Should().Throw<BpfException>();
            link.Detach();
            link.GetInfo().InterfaceIndex.Should().Be(0);
            FluentActions.Invoking(() => NetworkDevice.IndexOf("no-such-device")).Should().Throw<BpfException>();
        });
    }

    [Fact]
    public void Tcx_attaches_or_says_which_kernel_can()
    {
        Requires.Bpf();
        PrivateNamespace.WithNetwork(() =>
        {
            using BpfProgram program = TestProgram.Load([MovImmediate(R0, -1), Exit()], BpfProgramType.SchedCls);
            Func<TcxLink> attach = () => TcxLink.Attach(program, NetworkDevice.IndexOf("lo"), BpfAttachType.TcxIngress);
            if (KernelVersion.Current < new Version(6, 6))
            {
                attach.Should().Throw<BpfException>().Where(e => e.Kind == BpfFailureKind.NotSupported && e.Hint!.Contains("6.6"));
                return;
            }

            using TcxLink link = attach();
            link.GetInfo().Should().BeEquivalentTo(new { Type = BpfLinkType.Tcx, AttachType = BpfAttachType.TcxIngress });
        });
    }

    [Fact]
    public void Control_groups_take_programs()
    {
        Requires.Bpf();
        using var cgroup = new PrivateCgroup();
        using BpfProgram program = BpfProgram.Load(
            new BpfProgramOptions { Type = BpfProgramType.CgroupSock, License = "GPL", ExpectedAttachType = BpfAttachType.CgroupInetSockCreate },
            [MovImmediate(R0, 1), Exit()]);
        using CgroupLink link = CgroupLink.Attach(program, cgroup.Root);
        link.GetInfo().AttachType.Should().Be(BpfAttachType.CgroupInetSockCreate);
        link.Program.Should().BeSameAs(program);
        program.Invoking(p => CgroupLink.Attach(p, "/no/such/group")).Should().Throw<BpfException>().Which.ErrnoName.Should().Be("ENOENT");
    }
}
