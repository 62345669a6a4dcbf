using P3Ebpf.Object.Requirements;

namespace P3Ebpf.Object.Tests;

/// <summary>What objects need besides relocations, by the BTF of captured kernels.</summary>
public sealed class BpfTargetAssessmentTests
{
    private static BpfTargetAssessment Assess(BpfObjectSpec spec, string kernel) => BpfTargetAssessment.Of(spec, new CoreTarget(CapturedBtf.Read(kernel)));

    private static BpfObjectSpec Read(string name, params string[] programs)
    {
        BpfObjectSpec spec = ObjectFile.Read(name);
        foreach (string program in programs)
            spec.Programs[program].IsAutoLoaded = true;
        return spec;
    }

    private static BpfRequirement Decisive(string name, string kernel, params string[] programs)
    {
        BpfTargetAssessment assessment = Assess(Read(name, programs), kernel);
        assessment.Verdict.Should().Be(BpfTargetVerdict.LacksRequirement);
        assessment.IsRefused.Should().BeTrue();
        return assessment.Decisive!;
    }

    [Theory]
    [InlineData("user_ring", CapturedBtf.Kernel510, BpfRequirementKind.MapType, "user_ringbuf")]
    [InlineData("jump_tables", CapturedBtf.Kernel612, BpfRequirementKind.MapType, "insn_array")]
    [InlineData("sched_ext", CapturedBtf.Kernel61, BpfRequirementKind.StructOps, "sched_ext_ops")]
    [InlineData("arena", CapturedBtf.Kernel61, BpfRequirementKind.KernelFunction, "bpf_arena_alloc_pages")]
    [InlineData("congestion", CapturedBtf.Kernel61, BpfRequirementKind.MapFlag, "link")]
    [InlineData("ksyms", CapturedBtf.Kernel510, BpfRequirementKind.KernelFunction, "bpf_task_from_pid")]
    public void What_an_object_cannot_be_loaded_without_is_named(string name, string kernel, BpfRequirementKind kind, string missing)
    {
        BpfTargetAssessment assessment = Assess(ObjectFile.Read(name), kernel);
        assessment.Verdict.Should().Be(BpfTargetVerdict.LacksRequirement);
        assessment.Requirements.Should().Contain(need => need.Kind == kind && need.Name == missing && need.IsLacking && need.Effect == BpfRequirementEffect.Loading);
    }

    [Theory]
    [InlineData("user_ring", CapturedBtf.Kernel61)]
    [InlineData("sched_ext", CapturedBtf.Kernel72)]
    [InlineData("arena", CapturedBtf.Kernel612)]
    [InlineData("tracing", CapturedBtf.Kernel510)]
    [InlineData("congestion", CapturedBtf.Kernel72)]
    public void What_a_kernel_has_is_no_reason(string name, string kernel)
    {
        BpfTargetAssessment assessment = Assess(ObjectFile.Read(name), kernel);
        assessment.IsRefused.Should().BeFalse(assessment.Decisive?.ToString());
        assessment.Requirements.Should().Contain(need => need.Status == BpfRequirementStatus.Met);
    }

    [Fact]
    public void A_misspelt_function_or_target_gets_its_likely_name()
    {
        Decisive("mistakes/misspelt", CapturedBtf.Kernel612, "calls").Suggestion.Should().Contain("bpf_task_release");
        BpfTargetAssessment traces = Assess(Read("mistakes/misspelt", "traces"), CapturedBtf.Kernel612);
        traces.Requirements.Single(need => need.Kind == BpfRequirementKind.AttachTarget && need.IsLacking).Suggestion.Should().Contain("sched_switch");
    }

    [Fact]
    public void A_helper_that_a_kernel_lacks_counts_where_it_is_reached()
    {
        BpfTargetAssessment assessment = Assess(Read("mistakes/wrong_caller", "for_nobody"), CapturedBtf.Kernel72);
        BpfRequirement helper = assessment.Requirements.Single(need => need is { Kind: BpfRequirementKind.Helper, IsLacking: true });
        helper.Name.Should().Be("90000");
        helper.Effect.Should().Be(BpfRequirementEffect.Loading);

        BpfTargetAssessment unloaded = Assess(Read("mistakes/wrong_caller"), CapturedBtf.Kernel72);
        unloaded.Requirements.Single(need => need is { Kind: BpfRequirementKind.Helper, IsLacking: true }).Effect.Should().Be(BpfRequirementEffect.None);
        unloaded.IsRefused.Should().BeFalse();
    }

    [Fact]
    public void Weak_functions_that_are_missing_and_guarded_are_none_that_an_object_needs()
    {
        BpfTargetAssessment assessment = Assess(ObjectFile.Read("ksyms"), CapturedBtf.Kernel612);
        assessment.Requirements.Where(need => need.IsLacking).Should().NotBeEmpty().And.OnlyContain(need => need.Effect == BpfRequirementEffect.None);
        assessment.Verdict.Should().Be(BpfTargetVerdict.NotKnown, "it asks for the address of _stext too");
        assessment.Open!.Name.Should().Be("_stext");

        BpfTargetAssessment unguarded = Assess(Read("ksyms", "unguarded"), CapturedBtf.Kernel612);
        unguarded.Verdict.Should().Be(BpfTargetVerdict.LacksRequirement);
    }

    [Fact]
    public void An_old_name_that_is_asked_for_only_where_the_new_one_is_missing_is_none_that_an_object_needs()
    {
        BpfTargetAssessment assessment = Assess(BpfObjectSpec.Read(TestData.PathOf("bpf/scx_fifo.bpf.o")), CapturedBtf.Kernel72);
        assessment.IsRefused.Should().BeFalse(assessment.Decisive?.ToString());
        assessment.Requirements.Should().Contain(need => need.Name == "scx_bpf_consume" && need.IsLacking && need.Effect == BpfRequirementEffect.None);
    }

    [Fact]
    public void What_BTF_cannot_tell_is_said_not_to_be_known()
    {
        BpfTargetAssessment assessment = Assess(ObjectFile.Read("missing_extern"), CapturedBtf.Kernel72);
        assessment.Requirements.Should().Contain(need => need.Kind == BpfRequirementKind.KernelConfiguration && need.Status == BpfRequirementStatus.NotKnown);
        assessment.IsRefused.Should().BeFalse();
        assessment.Verdict.Should().Be(BpfTargetVerdict.NotKnown);
        assessment.Open!.Message.Should().Contain("CONFIG_NO_SUCH_OPTION");
    }

    [Fact]
    public void What_a_loader_has_to_set_is_said_to_decide()
    {
        BpfTargetAssessment assessment = Assess(ObjectFile.Read("mistakes/stack_map"), CapturedBtf.Kernel72);
        assessment.Verdict.Should().Be(BpfTargetVerdict.NotKnown);
        assessment.Open!.Kind.Should().Be(BpfRequirementKind.MapSize);
        assessment.Open.Suggestion.Should().Contain("max_entries (here 0)");
    }

    [Fact]
    public void A_helper_that_such_programs_may_not_call_is_a_reason()
    {
        BpfRequirement call = Decisive("mistakes/wrong_caller", CapturedBtf.Kernel72, "for_others");
        call.Kind.Should().Be(BpfRequirementKind.HelperCall);
        call.Suggestion.Should().Contain("syscall");
    }

    [Fact]
    public void A_licence_that_keeps_from_a_helper_is_a_reason()
    {
        BpfObjectSpec spec = ObjectFile.Read("tracing");
        Assess(spec, CapturedBtf.Kernel72).IsRefused.Should().BeFalse();
        spec = ObjectFile.Read("rejections/license");
        spec.Programs["gpl_helper"].IsAutoLoaded = true;
        BpfTargetAssessment assessment = Assess(spec, CapturedBtf.Kernel72);
        assessment.Verdict.Should().Be(BpfTargetVerdict.LacksRequirement);
        assessment.Decisive!.Kind.Should().Be(BpfRequirementKind.License);

        spec.License = "GPL";
        Assess(spec, CapturedBtf.Kernel72).IsRefused.Should().BeFalse();
    }

    [Fact]
    public void A_section_that_tells_no_type_of_program_is_a_reason()
    {
        BpfObjectSpec spec = ObjectFile.Read("rejected");
        spec.Programs[0].Type = BpfProgramType.Unspec;
        BpfTargetAssessment assessment = Assess(spec, CapturedBtf.Kernel72);
        assessment.Verdict.Should().Be(BpfTargetVerdict.LacksRequirement);
        assessment.Decisive!.Kind.Should().Be(BpfRequirementKind.SectionName);
    }

    [Fact]
    public void A_variable_outside_of_the_values_that_hold_it_is_a_reason()
    {
        BpfRequirement variable = Decisive("mistakes/old_gcc", CapturedBtf.Kernel612);
        variable.Kind.Should().Be(BpfRequirementKind.Variable);
        variable.Message.Should().Contain("refers to byte 8 of .data, which has 8");
        variable.Suggestion.Should().Contain("GCC");
    }

    [Fact]
    public void An_object_of_another_byte_order_does_not_load()
    {
        BpfRequirement order = Decisive("big_endian", CapturedBtf.Kernel72);
        (order.Kind, order.Name, order.NeededBy, order.Message).Should().Be((
            BpfRequirementKind.ByteOrder, "big-endian", "big_endian", "the object is compiled for big-endian machines, and the kernel is of a little-endian one"));
        Assess(ObjectFile.Read("big_endian"), "vmlinux-7.2.13-s390x").Requirements.Should().NotContain(need => need.Kind == BpfRequirementKind.ByteOrder);
    }

    [Theory]
    [InlineData("tracepoint/syscalls/sys_enter_openat", BpfRequirementStatus.Met)]
    [InlineData("tracepoint/syscalls/sys_exit_read", BpfRequirementStatus.Met)]
    [InlineData("tracepoint/syscalls/sys_enter_no_such_call", BpfRequirementStatus.NotKnown)]
    [InlineData("ksyscall/getpgid", BpfRequirementStatus.Met)]
    [InlineData("kprobe/vfs_read", BpfRequirementStatus.Met)]
    [InlineData("kprobe/no_such_function", BpfRequirementStatus.NotKnown)]
    [InlineData("uprobe/libc.so.6:malloc", BpfRequirementStatus.NotKnown)]
    public void Where_BTF_does_not_tell_whether_a_program_attaches_it_is_said(string section, BpfRequirementStatus status)
    {
        BpfObjectSpec spec = ObjectFile.Read("no_such_tracepoint");
        foreach (BpfProgramSpec program in spec.Programs)
            program.AttachPoint = BpfAttachPoint.Parse(section);

        BpfTargetAssessment assessment = Assess(spec, CapturedBtf.Kernel510);

        assessment.Requirements.Single(need => need.Kind == BpfRequirementKind.AttachTarget).Status.Should().Be(status);
        assessment.Verdict.Should().Be(status == BpfRequirementStatus.Met ? BpfTargetVerdict.Runs : BpfTargetVerdict.NotKnown);
    }

    [Theory]
    [InlineData("kprobe/vfs_read", true)]
    [InlineData("ksyscall/getpgid", true)]
    [InlineData("kprobe", false)]
    public void A_kernel_without_kprobes_attaches_none(string section, bool isRefused)
    {
        var kernel = new BtfBuilder();
        _ = kernel.AddInt("int", sizeof(int), BtfIntEncoding.Signed);
        BpfObjectSpec spec = ObjectFile.Read("no_such_tracepoint");
        foreach (BpfProgramSpec program in spec.Programs)
            program.AttachPoint = BpfAttachPoint.Parse(section);

        BpfTargetAssessment assessment = BpfTargetAssessment.Of(spec, new CoreTarget(BtfSpec.Parse(kernel.ToArray())));

        assessment.IsRefused.Should().Be(isRefused);
        if (isRefused)
            assessment.Decisive!.Message.Should().Contain("CONFIG_KPROBES");
    }

    [Fact]
    public void A_tracepoint_that_is_missing_keeps_a_program_from_being_attached()
    {
        BpfTargetAssessment assessment = Assess(ObjectFile.Read("no_such_tracepoint"), CapturedBtf.Kernel612);
        assessment.Verdict.Should().Be(BpfTargetVerdict.CannotAttach);
        assessment.Decisive!.Message.Should().Contain("btf_trace_no_such_event");
    }

    /// <summary>A prototype of each sort, by its C; the same in the object's types and in the kernel's.</summary>
    private static BtfTypeId Prototype(BtfBuilder types, string text)
    {
        BtfTypeId number = types.AddInt("int", sizeof(int), BtfIntEncoding.Signed);
        BtfTypeId Parse(string type) => type switch
        {
            "int" => number,
            "int *" => types.AddPtr(number),
            "void *" => types.AddPtr(BtfTypeId.Void),
            "struct task *" => types.AddPtr(types.AddStruct("task", 4, new BtfMember("pid", number, 0, 0))),
            "struct undeclared *" => types.AddPtr(types.AddFwd("undeclared")),
            _ => BtfTypeId.Void,
        };
        string[] parts = text.Split(", ");
        return parts is ["no function"] ? types.AddTypedef("integer", number)
            : types.AddTypedef("callback_t", types.AddFuncProto(Parse(parts[0]), [.. parts.Skip(1).Select((part, i) => part == "..." ? default : new BtfParameter($"a{i + 1}", Parse(part)))]));
    }

    [Theory]
    [InlineData("int, int, int", "int, int", "the kernel has 'int f(int a1)', the object declares 'int f(int a1, int a2)': the kernel's has no argument 2 ('int')")]
    [InlineData("int, int", "int, int, int *", "the kernel has 'int f(int a1, int *a2)', the object declares 'int f(int a1)': the object's lacks argument 2 ('int *')")]
    [InlineData("int, int, int", "int, int *, int", "*: argument 1 is 'int *' there and 'int' here")]
    [InlineData("int, int, struct undeclared *", "int, int, int", "*: argument 2 is 'int' there and 'struct undeclared *' here, whose members are not declared")]
    [InlineData("int, int, struct task *", "int, int, int", "*: argument 2 is 'int' there and 'struct task *' here")]
    [InlineData("int *", "int", "the kernel has 'int f(void)', the object declares 'int *f(void)': it returns 'int' there and 'int *' here")]
    [InlineData("int, int, ...", "int, int, int", "the kernel has 'int f(int a1, int a2)', the object declares 'int f(int a1, ...)': argument 2 is 'int' there and 'void' here")]
    [InlineData("int, int, void *", "int, int", "*: the kernel's has no argument 2 ('void *'), which it passes by itself")]
    [InlineData("int, int, int *", "int, int", "*: the kernel's has no argument 2 ('int *')")]
    [InlineData("no function", "int", "the kernel has 'int f(void)', the object declares '*': one of them is no function")]
    [InlineData("int", "no function", "*: one of them is no function")]
    public void A_prototype_that_differs_is_told_beside_the_kernels_with_the_first_difference(string ours, string theirs, string expected)
    {
        (var own, var kernel) = (new BtfBuilder(), new BtfBuilder());
        (BtfTypeId here, BtfTypeId there) = (Prototype(own, ours), Prototype(kernel, theirs));

        FunctionPrototypes.Describe("f", own.ToSpec(), here, kernel.ToSpec(), there).Should().Match(expected);
    }

    [Theory]
    [InlineData("int, int, void *", "int, int", true)]
    [InlineData("int, int, void *", "int", false)]
    [InlineData("int, int, int *", "int, int", false)]
    [InlineData("int", "int, int", false)]
    [InlineData("no function", "int", false)]
    [InlineData("int, void *", "no function", false)]
    public void Advice_is_to_declare_what_the_kernel_has_or_to_leave_out_what_it_adds(string ours, string theirs, bool isImplicit)
    {
        (var own, var kernel) = (new BtfBuilder(), new BtfBuilder());
        (BtfTypeId here, BtfTypeId there) = (Prototype(own, ours), Prototype(kernel, theirs));

        FunctionPrototypes.Advise("f", own.ToSpec(), here, kernel.ToSpec(), there).Should().StartWith(isImplicit ? "Kernels since Linux 7.0 pass that argument" : "Declare it as the kernel does");
    }

    [Fact]
    public void An_argument_that_newer_kernels_pass_by_themselves_is_told()
    {
        var own = new BtfBuilder();
        BtfTypeId number = own.AddInt("int", sizeof(int), BtfIntEncoding.Signed);
        BtfTypeId aux = own.AddPtr(own.AddStruct("bpf_prog_aux", 0));
        BtfTypeId ours = own.AddFuncProto(number, new BtfParameter("pid", number), new BtfParameter("aux", aux));
        var other = new BtfBuilder();
        BtfTypeId theirNumber = other.AddInt("int", sizeof(int), BtfIntEncoding.Signed);
        BtfTypeId theirs = other.AddFuncProto(theirNumber, new BtfParameter("pid", theirNumber));
        BtfSpec ownTypes = BtfSpec.Parse(own.ToArray());
        BtfSpec kernel = BtfSpec.Parse(other.ToArray());

        FunctionPrototypes.Describe("f", ownTypes, ours, kernel, theirs).Should().EndWith("which it passes by itself");
        FunctionPrototypes.Advise("f", ownTypes, ours, kernel, theirs).Should().Contain("f_impl()").And.Contain("7.0");
    }
}
