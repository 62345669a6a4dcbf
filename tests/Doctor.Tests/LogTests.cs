namespace P3Ebpf.Doctor.Tests;

/// <summary>What a log tells, whoever wrote it, and what it does not tell.</summary>
public sealed class LogTests
{
    private const string Rejected = """
        libbpf: prog 'count': BPF program load failed: Permission denied
        libbpf: prog 'count': -- BEGIN PROG LOAD LOG --
        0: R1=ctx() R10=fp0
        ; u64 *n = bpf_map_lookup_elem(&counts, &key); @ count.bpf.c:19
        5: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=counts,ks=4,vs=8)
        ; *n += 1; @ count.bpf.c:20
        6: (79) r1 = *(u64 *)(r0 +0)
        R0 invalid mem access 'map_value_or_null'
        processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        -- END PROG LOAD LOG --
        libbpf: prog 'count': failed to load: -13
        libbpf: failed to load object 'count.bpf.o'
        """;

    private static DoctorReport Examine(string log, string? btf = null, string? reported = null)
    {
        using var machine = new PlantedMachine();
        if (reported is null)
            File.Delete(machine["/usr/lib/x86_64-linux-gnu/pkgconfig/libbpf.pc"]);
        return machine.Examine(log, btf: btf);
    }

    private static string Told(DoctorReport report) => string.Join("; ", report.Findings.Select(f => $"{f.Weight} {f.Code} {f.Summary}"));

    [Fact]
    public void A_verifier_log_gives_program_reason_source_line_and_remedy()
    {
        DoctorReport report = Examine(Rejected);

        DoctorFinding finding = report.Findings[0];
        finding.Code.Should().Be("verifier-rejected", Told(report));
        finding.Summary.Should().Contain("program 'count'").And.Contain("R0 invalid mem access 'map_value_or_null'").And.Contain("count.bpf.c:20: *n += 1;");
        finding.Action.Should().Contain("compare it with NULL");
        report.Answer.Should().StartWith(finding.Summary);
        report.IsConclusive.Should().BeTrue();
    }

    [Fact]
    public void A_verifier_log_that_was_cut_is_not_taken_at_its_last_word()
    {
        string cut = Rejected.Replace("R0 invalid mem access 'map_value_or_null'\nprocessed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n", "from 6 to 4: R0=inv\n", StringComparison.Ordinal);
        cut.Should().NotBe(Rejected);

        DoctorReport report = Examine(cut);

        report.Findings[0].Code.Should().Be("log-cut", Told(report));
        report.Findings[0].Action.Should().Contain("kernel_log_level");
        Told(report).Should().NotContain("from 6 to 4");
    }

    [Fact]
    public void A_field_that_a_log_says_is_missing_is_named_with_its_line_and_what_the_kernel_has()
    {
        DoctorReport report = Examine("""
            libbpf: prog 'unguarded': BPF program load failed: Invalid argument
            libbpf: prog 'unguarded': -- BEGIN PROG LOAD LOG --
            ; return READ_INTEGER(task, static_priority); @ missing_field.bpf.c:15
            2: (7b) *(u64 *)(r10 -8) = r1         ; R1=0 R10=fp0 fp-8=0
            3: <invalid CO-RE relocation>
            failed to resolve CO-RE relocation <byte_off> [5] struct task_struct.static_priority (0:0 @ offset 0)
            processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
            -- END PROG LOAD LOG --
            libbpf: prog 'unguarded': failed to load: -22
            """);

        report.Findings[0].Code.Should().Be("core-mismatch", Told(report));
        report.Findings[0].Summary.Should().Contain("'unguarded'").And.Contain("struct task_struct.static_priority").And.Contain("missing_field.bpf.c:15").And.Contain("static_prio, which may be meant");
        report.Findings[0].Action.Should().Contain("bpf_core_field_exists");
    }

    [Fact]
    public void A_file_that_bpftool_was_told_is_not_taken_for_the_kernels() =>
        Told(Examine("Error: failed to load BTF from cut.btf: Invalid argument")).Should().Contain("the log alone does not tell").And.NotContain("93 libbpf-too-old-for-btf");

    [Fact]
    public void A_log_that_did_not_fit_is_the_reason_of_its_own()
    {
        DoctorReport report = Examine("libbpf: prog 'count': BPF program load failed: No space left on device\nlibbpf: prog 'count': failed to load: -28\nlibbpf: failed to load object 'count.bpf.o'");

        report.Findings[0].Code.Should().Be("log-cut", Told(report));
        report.Findings[0].Summary.Should().Contain("ENOSPC");
    }

    [Theory]
    [InlineData("loading objects: field Count: program count: load program: permission denied: 6: (79) r1 = *(u64 *)(r0 +0): R0 invalid mem access 'map_value_or_null' (12 line(s) omitted)", "cilium/ebpf")]
    [InlineData("load program: permission denied:\n\t5: (85) call bpf_map_lookup_elem#1\n\t6: (79) r1 = *(u64 *)(r0 +0)\n\tR0 invalid mem access 'map_value_or_null'\n\tprocessed 6 insns (limit 1000000)", "cilium/ebpf")]
    [InlineData("Error: the BPF_PROG_LOAD syscall failed. Verifier output: 0: R1=ctx() R10=fp0\n6: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\nverification time 9 usec\nprocessed 6 insns (limit 1000000)\n\nCaused by:\n    Permission denied (os error 13)", "Aya")]
    [InlineData("bpf: Failed to load program: Permission denied\n6: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\n\nHINT: The 'map_value_or_null' error can happen if you dereference\nTraceback (most recent call last):\nException: Failed to load BPF program b'count': Permission denied", "bcc")]
    [InlineData("Attaching 1 probe...\nERROR: Error loading BPF program for kprobe_vfs_read_1.\nKernel error log:\n6: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\nprocessed 6 insns (limit 1000000)\n\nERROR: Loading BPF object(s) failed.", "bpftrace")]
    [InlineData("6: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\nprocessed 6 insns (limit 1000000)", "verifier")]
    public void The_verifier_is_understood_through_every_loader(string log, string writer)
    {
        DoctorReport report = Examine(log);

        report.Findings[0].Code.Should().Be("verifier-rejected", Told(report));
        report.Findings[0].Summary.Should().Contain("R0 invalid mem access 'map_value_or_null'").And.NotContain("omitted");
        report.Findings[0].Action.Should().Contain("NULL");
        report.Findings.SelectMany(f => f.Evidence).Should().Contain(e => e.Contains(writer), Told(report));
    }

    [Theory]
    [InlineData("loading objects: field Events: map events: map create: operation not permitted (MEMLOCK may be too low, consider rlimit.RemoveMemlock)", "not-permitted", "cilium/ebpf")]
    [InlineData("Error: map error: failed to create map `EVENTS` with code -1\n\nCaused by:\n    Operation not permitted (os error 1)", "not-permitted", "Aya")]
    [InlineData("could not open bpf map: events, error: Operation not permitted\nException: Failed to compile BPF module <text>", "not-permitted", "bcc")]
    [InlineData("ERROR: bpftrace currently only supports running as the root user.", "not-permitted", "bpftrace")]
    [InlineData("program t: apply CO-RE relocations: load kernel spec: no BTF found for kernel version 4.18.0: not supported", "kernel-lacks-btf", "cilium/ebpf")]
    [InlineData("stdin:1:1-30: ERROR: tracepoint not found: sched:no_such", "kernel-lacks-feature", "")]
    public void Other_loaders_tell_the_step_and_the_error(string log, string code, string writer)
    {
        DoctorReport report = Examine(log);

        report.Findings[0].Code.Should().Be(code, Told(report));
        report.Findings.Should().ContainSingle(f => f.Code == "step-failed").Which.Evidence.Should().Contain(e => e.Contains(writer));
    }

    [Fact]
    public void A_log_that_nobody_knows_is_said_to_be_unknown()
    {
        DoctorReport report = Examine("frobnicator: could not start: Permission denied\n");

        report.IsConclusive.Should().BeFalse();
        report.Findings[0].Code.Should().Be("log-unknown", Told(report));
        report.Answer.Should().StartWith("Why it fails cannot be told").And.Contain("EACCES").And.NotContain("Nothing was found");
    }

    [Fact]
    public void Without_a_log_nothing_wrong_is_an_answer()
    {
        using var machine = new PlantedMachine();
        machine.Examine().IsConclusive.Should().BeTrue();
    }

    [Fact]
    public void From_the_log_alone_neither_the_library_nor_the_file_is_blamed_for_sure()
    {
        DoctorReport report = Examine(PlantedMachine.ReportedLog);

        report.Findings[0].Weight.Should().BeInRange(60, 70, Told(report));
        report.Findings.Take(2).Select(f => f.Code).Should().BeEquivalentTo("libbpf-too-old-for-btf", "other-btf-read");
        report.Findings[0].Action.Should().Contain("--btf");
    }

    [Fact]
    public void Of_an_older_library_that_ran_it_is_not_said_that_it_is_the_cause_where_the_file_is_not_known()
    {
        using var machine = new PlantedMachine();

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog);

        report.Findings[0].Code.Should().Be("libbpf-older-than-reported");
        report.Findings[0].Weight.Should().BeLessThan(70);
        report.Findings[0].Action.Should().Contain("may be damaged");
    }

    [Fact]
    public void A_kind_that_exists_and_is_not_known_proves_an_old_library_whatever_pkg_config_says()
    {
        DoctorReport report = Examine("libbpf: Unsupported BTF_KIND:19\nlibbpf: failed to parse target BTF: -22\n", reported: "1.7.0");

        report.Findings[0].Code.Should().Be("libbpf-too-old-for-btf", Told(report));
        report.Findings[0].Weight.Should().BeGreaterThanOrEqualTo(95);
        report.Findings[0].Summary.Should().Contain("BTF_KIND_ENUM64").And.Contain("1.0");
        report.Findings.Should().NotContain(f => f.Code == "unknown-kind");
    }

    [Fact]
    public void A_kind_that_never_existed_is_damage()
    {
        Examine("libbpf: Unsupported BTF_KIND:31\nlibbpf: failed to parse target BTF: -22\n").Findings[0].Code.Should().Be("unknown-kind");
    }

    [Theory]
    [InlineData("libbpf: failed to parse target BTF: -22", true)]
    [InlineData("libbpf: failed to parse target BTF: -2", false)]
    [InlineData("libbpf: Invalid BTF total size: 5515646\nlibbpf: failed to parse target BTF: -EINVAL", false)]
    [InlineData("libbpf: prog 'h': BPF program load failed: -EINVAL\n3: <invalid CO-RE relocation>", false)]
    [InlineData("libbpf: map 'm': failed to create: -EINVAL", false)]
    public void Quiet_is_said_only_of_a_step_that_is_quiet(string log, bool isQuiet)
    {
        Examine(log).Findings.Any(f => f.Code == "log-quiet").Should().Be(isQuiet);
    }

    [Theory]
    [InlineData("6: (85) call bpf_kallsyms_lookup_name#179\nprogram of this type cannot use helper bpf_kallsyms_lookup_name#179", "syscall")]
    [InlineData("6: (85) call bpf_skb_load_bytes#26\nunknown func bpf_skb_load_bytes#26", "tc, socket filters")]
    [InlineData("0: (85) call unknown#900\ninvalid func unknown#900", "no helper of number 900")]
    public void Who_may_call_a_helper_is_said(string log, string told)
    {
        DoctorReport report = Examine("libbpf: prog 'h': BPF program load failed: -EINVAL\nlibbpf: prog 'h': -- BEGIN PROG LOAD LOG --\n" + log + "\n-- END PROG LOAD LOG --\n");

        report.Findings[0].Code.Should().Be("kernel-lacks-feature", Told(report));
        report.Findings[0].Action.Should().Contain(told);
    }
}
