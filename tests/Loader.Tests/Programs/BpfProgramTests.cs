using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class BpfProgramTests
{
    [Fact]
    public void A_program_loads_runs_and_describes_itself()
    {
        Requires.Bpf();
        using BpfProgram program = TestProgram.Load([MovImmediate(R0, 7), Exit()], name: "seven");
        BpfTestRunResult result = program.TestRun(data: new byte[64], repeat: 3);
        result.ReturnValue.Should().Be(7);

        BpfProgramInfo info = program.GetInfo();
        info.Should().BeEquivalentTo(new { Type = BpfProgramType.SocketFilter, Name = "seven", InstructionCount = 2, IsGplCompatible = true });
        info.Tag.Should().MatchRegex("^[0-9a-f]{16}$");
        using BpfProgram again = BpfProgram.FromId(info.Id);
        again.Type.Should().Be(BpfProgramType.SocketFilter);
    }

    [Fact]
    public void A_program_knows_the_maps_it_uses()
    {
        Requires.Bpf();
        using BpfMap map = BpfMap.Create(new BpfMapSpec("test") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
        using BpfProgram program = TestProgram.Load([.. LoadMapFd(R1, map.Handle.Descriptor), .. TestProgram.ReturnZero]);
        program.GetInfo().MapIds.Should().Equal(map.GetInfo().Id);
    }

    [Fact]
    public void The_verifier_log_ends_in_what_is_wrong()
    {
        Requires.Bpf();
        string[] before = OpenDescriptors.OfTheKernel;
        FluentActions.Invoking(() => TestProgram.Load([Mov(R2, R1), LoadMemory(BpfAccessSize.DoubleWord, R0, R3, 0), Exit()], name: "bad"))
            .Should().Throw<BpfVerifierException>()
            .Where(e => e.ErrnoName == "EACCES" && e.ProgramName == "bad" && !e.LogTruncated && e.Kind == BpfFailureKind.Failed)
            .Where(e => e.Log.Contains("R3 !read_ok"))
            .Where(e => string.Join('|', e.DecisiveLines).StartsWith("1: (79) r0") && string.Join('|', e.DecisiveLines).EndsWith("|R3 !read_ok"))
            .WithMessage("Loading program 'bad' failed: EACCES*R3 !read_ok*");
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Fact]
    public void An_explanation_after_the_classic_log_becomes_the_hint()
    {
        const string Log = """
            1: (79) r0 = *(u64 *)(r3 +0)
            R3 !read_ok

            Verification failed: Register Type Safety: Unreadable register

            Suggestion:
              Initialize R3 on every path
              before this instruction.

            processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
            """;
        BpfVerifierException error = new("bad", 13, Log, sourceLine: "bad.c:7");
        error.DecisiveLines.Should().Equal("1: (79) r0 = *(u64 *)(r3 +0)", "R3 !read_ok");
        error.Hint.Should().Be("Initialize R3 on every path before this instruction.");
        error.Message.Should().Contain("R3 !read_ok (at bad.c:7)");
    }

    [Fact]
    public void The_end_of_an_explanation_is_not_taken_for_the_reason()
    {
        const string End = """
              1 | (95) exit

            Causal path:
              no retained diagnostic events on this path

            Suggestion:
              Initialize R3 on every path before this instruction.

            processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
            """;
        VerifierVerdict.Parse(End).Should().BeEquivalentTo(new { Reason = (string?)null, IsCut = false, Remedy = "Initialize R3 on every path before this instruction." });
    }

    [Fact]
    public void An_accepted_program_has_the_log_that_was_asked_for()
    {
        Requires.Bpf();
        using BpfProgram program = BpfProgram.Load(
            new BpfProgramOptions { Type = BpfProgramType.SocketFilter, License = "GPL", LogLevel = 2 }, TestProgram.ReturnZero);
        program.VerifierLog.Should().Contain("processed 2 insns");
    }

    [Fact]
    public void A_log_that_does_not_fit_is_marked()
    {
        Requires.Bpf();
        BpfInstruction[] many = [.. Enumerable.Repeat(MovImmediate(R0, 0), 500), LoadMemory(BpfAccessSize.DoubleWord, R0, R3, 0), Exit()];
        BpfProgramOptions options = new() { Type = BpfProgramType.SocketFilter, License = "GPL", MaximumLogSize = 256 };
        BpfVerifierException error = FluentActions.Invoking(() => BpfProgram.Load(options, many)).Should().Throw<BpfVerifierException>().Which;
        error.LogTruncated.Should().BeTrue();
        error.ErrnoName.Should().Be("EACCES", "the verdict is that of the attempt without a log");
        error.Log.Length.Should().BeLessThan(256);
        if (KernelVersion.Current >= new Version(7, 3))
            error.Verdict.Should().BeEquivalentTo(
                new { Reason = (string?)null, Suggestion = "Initialize R3 on every path before this instruction." }, "what fits is the end of the explanation after the reason");
        else if (KernelVersion.Current >= new Version(5, 2))
            error.Verdict.Reason.Should().Be("R3 !read_ok", "before 6.4 the end of the log is asked for once more");

        FluentActions.Invoking(() => BpfProgram.Load(options with { LogLevel = 1, MaximumLogSize = 256 }, [.. many[..500], Exit()]).Dispose())
            .Should().NotThrow("a log too long is no reason to refuse the program");
    }

    [Fact]
    public void A_system_call_program_changes_its_context()
    {
        Requires.Kernel("5.14", "programs of kind Syscall");
        BpfInstruction[] instructions = [MovImmediate(R0, 7), StoreMemory(BpfAccessSize.Word, R1, 4, R0), MovImmediate(R0, 0), Exit()]; // numbers may be stored there without a register from 6.3 on
        using BpfProgram program = BpfProgram.Load(
            new BpfProgramOptions { Type = BpfProgramType.Syscall, Flags = BpfProgramFlags.Sleepable, License = "GPL", Name = "change" }, instructions);
        byte[] context = TestProgram.Bytes(1, 2, 3);
        byte[] after = new byte[12], start = new byte[8];
        program.TestRun(context: context, contextOut: after).ContextLength.Should().Be(12);
        after.Should().Equal(TestProgram.Bytes(1, 7, 3));
        context.Should().Equal(TestProgram.Bytes(1, 2, 3), "what is read only is not written");
        program.TestRun(context: context, contextOut: start).ContextLength.Should().Be(12);
        start.Should().Equal(TestProgram.Bytes(1, 7));
    }

    [Fact]
    public void A_test_run_can_say_on_which_cpu()
    {
        Requires.Kernel("5.10", "test runs on a given CPU");
        using BpfProgram program = TestProgram.Load([Call(BpfHelper.GetSmpProcessorId), Exit()], BpfProgramType.RawTracepoint);
        foreach (int cpu in KernelCpus.Online)
            program.TestRun(new BpfTestRunOptions { Flags = BpfTestRunFlags.OnCpu, Cpu = cpu }, context: new byte[8]).ReturnValue.Should().Be((uint)cpu);
        using BpfProgram filter = TestProgram.Load(TestProgram.ReturnZero);
        filter.Invoking(each => each.TestRun(new BpfTestRunOptions { Flags = BpfTestRunFlags.OnCpu }, data: new byte[64])).Should().Throw<BpfException>().WithText("*EINVAL*Kinds of programs differ*");
    }

    [Fact]
    public void A_test_run_can_send_real_packets()
    {
        Requires.Kernel("5.18", "test runs with live frames");
        PrivateNamespace.WithNetwork(() =>
        {
            using BpfMap counter = BpfMap.Create(new BpfMapSpec("counter") { Type = BpfMapType.Array, KeySize = 4, ValueSize = 8, MaxEntries = 1 });
            using BpfProgram program = TestProgram.Load(
                [.. LoadMapValue(R1, counter.Handle.Descriptor, 0), MovImmediate(R2, 1), Atomic(BpfAtomicOperation.Add, BpfAccessSize.DoubleWord, R1, 0, R2), MovImmediate(R0, 1), Exit()], BpfProgramType.Xdp);
            program.TestRun(new BpfTestRunOptions { Flags = BpfTestRunFlags.XdpLiveFrames, Repeat = 100, BatchSize = 32 }, data: new byte[64]);
            BitConverter.ToInt64(counter.Lookup([0, 0, 0, 0])).Should().Be(100, "each packet was dropped by a run of its own");
        });
    }

    [Fact]
    public void Run_statistics_count_while_enabled()
    {
        Requires.Bpf();
        using BpfProgram program = TestProgram.Load(TestProgram.ReturnZero);
        using (BpfProgram.EnableStatistics())
            program.TestRun(data: new byte[64], repeat: 10);
        program.GetInfo().RunCount.Should().Be(10);
    }

    [Fact]
    public void Kernel_btf_is_listed_and_read()
    {
        Requires.Feature(KernelFeature.BtfLoading);
        Assert.SkipUnless(KernelVersion.Current >= new Version(5, 11), "Kernel BTF objects are listed since Linux 5.11.");
        BtfObjectInfo vmlinux = BtfObject.ListKernel().Should().ContainSingle(b => b.Name == "vmlinux").Which;
        using BtfObject btf = BtfObject.FromId(vmlinux.Id);
        byte[] data = btf.ReadData();
        data.Length.Should().Be(vmlinux.Size).And.BeGreaterThan(100_000);
        data.Should().StartWith(BitConverter.GetBytes((ushort)0xeb9f));
    }

    [Fact]
    public void Bad_btf_is_refused_with_the_kernels_reason()
    {
        Requires.Feature(KernelFeature.BtfLoading);
        byte[] btf = OneInteger();
        using (BtfObject good = BtfObject.Load(btf))
            good.GetInfo().IsKernel.Should().BeFalse();

        btf[24 + 4 + 3] = 200; // the kind of the first type
        FluentActions.Invoking(() => BtfObject.Load(btf)).Should().Throw<BpfVerifierException>()
            .Where(e => e.Command == BpfCommand.BtfLoad && e.Log.Length > 0 && e.ErrnoName == "EINVAL");
    }

    private static byte[] OneInteger()
    {
        var builder = new BtfBuilder();
        _ = builder.AddInt("int", sizeof(int));
        return builder.ToArray();
    }
}
