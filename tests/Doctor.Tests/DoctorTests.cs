namespace P3Ebpf.Doctor.Tests;

/// <summary>The report's own case, and those that differ from it in one thing.</summary>
public sealed class DoctorTests
{
    [Fact]
    public void The_report_is_explained_by_its_own_words()
    {
        using var machine = new PlantedMachine();

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog, bpfObject: PlantedMachine.Object);

        report.Findings[0].Code.Should().Be("libbpf-older-than-reported");
        report.Findings[0].Evidence.Should().Contain(e => e.Contains("-22"))
            .And.Contain(e => e.Contains("pkg-config reports 1.7.0"))
            .And.Contain(e => e.Contains("follows a failed CO-RE step only up to 1.5"))
            .And.Contain(e => e.Contains("takes libbpf 1.0: a library that answers -22 (EINVAL) is older than that"));
        report.Findings[1].Code.Should().Be("libbpf-too-old-for-btf");
        report.Findings.Should().BeInDescendingOrder(f => f.Weight);
        string[] answer = report.Answer.Split('\n');
        answer.Should().HaveCount(4);
        answer[1].Should().StartWith("Does the BTF match the object? Yes");
        answer[2].Should().StartWith("Is another BTF, or no CO-RE, needed? No");
        answer[3].Should().StartWith("Is the libbpf that is installed the one that runs? No: pkg-config describes headers");
    }

    [Fact]
    public void Where_errors_have_names_the_library_is_new_enough_and_read_another_file()
    {
        using var machine = new PlantedMachine();

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog.Replace("-22", "-EINVAL", StringComparison.Ordinal).Split("libbpf: failed to load object")[0], bpfObject: PlantedMachine.Object);

        report.Findings[0].Code.Should().Be("other-btf-read");
        report.Findings.Should().NotContain(f => f.Code == "libbpf-older-than-reported" || f.Code == "libbpf-too-old-for-btf");
    }

    [Fact]
    public void BTF_that_every_library_reads_is_not_blamed_on_its_age()
    {
        using var machine = new PlantedMachine();
        machine.Add("/tmp/old.btf", TestData.Btf("vmlinux-5.10.0-46-cloud-amd64"));

        DoctorReport report = machine.Examine(PlantedMachine.ReportedLog, btf: machine["/tmp/old.btf"]);

        report.Findings.Should().NotContain(f => f.Code == "libbpf-too-old-for-btf");
        report.Findings.Select(f => f.Code).Take(2).Should().BeEquivalentTo("libbpf-older-than-reported", "other-btf-read");
    }

    [Fact]
    public void An_object_without_CORE_needs_no_BTF()
    {
        using var machine = new PlantedMachine();

        DoctorReport report = machine.Examine(bpfObject: TestData.PathOf("testdata/bpf/globals.bpf.o"));

        report.Findings.Should().Contain(f => f.Code == "no-core-needed");
        report.Answer.Should().Contain("This object needs no BTF at all");
    }

    [Fact]
    public void What_the_object_misses_in_the_BTF_is_named_with_its_source_line()
    {
        using var machine = new PlantedMachine();

        DoctorFinding finding = machine.Examine(bpfObject: TestData.PathOf("testdata/bpf/missing_field.bpf.o")).Findings[0];

        finding.Code.Should().Be("core-mismatch");
        finding.Evidence.Should().Contain(e => e.Contains("missing_field.bpf.c:") && e.Contains("static_priority"));
    }

    [Theory]
    [InlineData("testdata/bpf/no_btf.bpf.o", "object-without-btf", "no BTF")]
    [InlineData("testdata/bpf/no_such_tracepoint.bpf.o", "kernel-lacks-feature", "no_such_event")]
    [InlineData("testdata/bpf/build.sh", "object-unreadable", "build.sh")]
    public void What_is_wrong_with_the_object_comes_first(string path, string code, string told)
    {
        using var machine = new PlantedMachine();

        DoctorFinding finding = machine.Examine(bpfObject: TestData.PathOf(path)).Findings[0];

        finding.Code.Should().Be(code);
        (finding.Summary + string.Join('\n', finding.Evidence)).Should().Contain(told);
    }

    [Fact]
    public void Features_are_judged_by_the_kernels_own_enumerations()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);
        machine.Add("/sys/kernel/btf/vmlinux", TestData.Btf("vmlinux-5.10.0-46-cloud-amd64"));

        // Its own programs need nothing that 5.10 lacks; the BTF of 5.10 has no user ring buffer (6.1) and no bpf_loop (5.17).
        machine.Examine(bpfObject: PlantedMachine.Object).Findings.Should().NotContain(f => f.Code == "kernel-lacks-feature");
        var kernel = new KernelOffer(Btf.BtfSpec.Parse(TestData.Btf("vmlinux-5.10.0-46-cloud-amd64")));
        kernel.Has(BpfMapType.UserRingbuf).Should().BeFalse();
        kernel.Has(BpfMapType.Ringbuf).Should().BeTrue();
        kernel.Has(BpfProgramType.Lsm).Should().BeTrue();
        kernel.Has(BpfProgramType.Netfilter).Should().BeFalse();
        kernel.HasHelper(14).Should().BeTrue();
        kernel.HasHelper(181).Should().BeFalse();
        kernel.HasTracepoint("sched_switch").Should().BeTrue();
        kernel.HasTracepoint("sched_no_such").Should().BeFalse();
    }

    [Fact]
    public void A_kernel_without_BTF_is_the_cause_where_the_object_needs_it()
    {
        using var machine = new PlantedMachine(hasKernelBtf: false);

        machine.Examine("libbpf: kernel BTF is missing at '/sys/kernel/btf/vmlinux', was CONFIG_DEBUG_INFO_BTF enabled?\n", bpfObject: PlantedMachine.Object)
            .Findings[0].Code.Should().Be("kernel-lacks-btf");
    }

    [Theory]
    [InlineData("libbpf: prog 'h': failed to create tracepoint 'sched/sched_switch' perf event: Permission denied", "attach-refused")]
    [InlineData("libbpf: tracepoint 'sched/sched_switch' perf_event_open() failed: -EACCES", "attach-refused")]
    [InlineData("libbpf: failed to determine tracepoint 'sched/no_such_event' perf event ID: No such file or directory", "kernel-lacks-feature")]
    [InlineData("libbpf: map 'task_map': failed to create: Operation not permitted(-1)", "not-permitted")]
    [InlineData("libbpf: map 'task_map': failed to create: -EINVAL", "kernel-lacks-feature")]
    [InlineData("libbpf: Error in bpf_object__probe_loading():Operation not permitted(1). Couldn't load trivial BPF program. Make sure your kernel supports BPF", "not-permitted")]
    [InlineData("libbpf: prog 'h': BPF program load failed: Permission denied\nR0 invalid mem access 'map_value_or_null'", "verifier-rejected")]
    [InlineData("libbpf: prog 'h': BPF program load failed: -EINVAL\n3: <invalid CO-RE relocation>", "core-mismatch")]
    [InlineData("libbpf: load bpf program failed: Invalid argument\ninvalid func unknown#195896080", "core-mismatch")]
    [InlineData("libbpf: prog 'h': BPF program load failed: Invalid argument\n4: (85) call unknown#181\ninvalid func unknown#181", "kernel-lacks-feature")]
    [InlineData("libbpf: failed to parse target BTF: -2\nlibbpf: failed to perform CO-RE relocations: -2", "btf-unreadable")]
    [InlineData("libbpf: failed to parse target BTF: -61", "elf-without-btf")]
    [InlineData("libbpf: failed to get EHDR from /tmp/x.btf\nlibbpf: failed to parse target BTF: -4001", "bad-magic")]
    [InlineData("libbpf: Invalid BTF total size: 5515646\nlibbpf: failed to parse target BTF: -EINVAL", "truncated")]
    public void The_log_alone_tells_the_step_and_the_cause(string log, string code)
    {
        using var machine = new PlantedMachine();
        File.Delete(machine["/usr/lib/x86_64-linux-gnu/pkgconfig/libbpf.pc"]);

        DoctorReport report = machine.Examine(log);

        report.Findings[0].Code.Should().Be(code, string.Join("; ", report.Findings.Select(f => $"{f.Weight} {f.Code} {f.Summary}")));
        report.Findings.Should().Contain(f => f.Code == "step-failed");
    }

    [Fact]
    public void Facts_of_the_system_are_read()
    {
        using var machine = new PlantedMachine();
        machine.Add($"/boot/config-{PlantedMachine.Release}", "CONFIG_BPF_SYSCALL=y\n# CONFIG_BPF_LSM is not set\n");
        machine.Add("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
        machine.Add("/proc/self/status", "Name:\tx\nCapEff:\t000000c000000000\nSeccomp:\t2\n");
        machine.Add("/proc/self/mounts", "tracefs /sys/kernel/tracing tracefs rw 0 0\n");
        machine.Add("/.dockerenv", "");

        DoctorReport report = machine.Examine();

        report.Facts.Should().Contain(new KeyValuePair<string, string>("CONFIG_BPF_SYSCALL", "y"))
            .And.Contain(new KeyValuePair<string, string>("CONFIG_BPF_LSM", "not set"))
            .And.Contain(new KeyValuePair<string, string>("capabilities", "CAP_PERFMON, CAP_BPF"))
            .And.Contain(new KeyValuePair<string, string>("lockdown", "confidentiality"))
            .And.Contain(new KeyValuePair<string, string>("tracefs", "mounted"));
        report.Findings.Should().ContainSingle(f => f.Code == "not-permitted").Which.Evidence.Should().HaveCount(3);
    }
}
