namespace P3Ebpf.Loader.Tests;

/// <summary>What a loader is often asked for in vain, and the hint that it gives.</summary>
[KernelTests]
public sealed class MistakesTests
{
    private static BpfObjectSpec Read(string name, string? program = null)
    {
        BpfObjectSpec spec = ObjectFile.Read($"mistakes/{name}");
        if (program is not null)
            spec.Programs[program].IsAutoLoaded = true;
        return spec;
    }

    private static BpfException Refusal(BpfObjectSpec spec) => FluentActions.Invoking(() => spec.Load()).Should().Throw<BpfException>().Which;

    [Fact]
    public void A_misspelt_kernel_function_gets_its_likely_name()
    {
        Requires.Kernel("6.2", "bpf_task_release");
        Refusal(Read("misspelt", "calls")).Hint.Should().Contain("bpf_task_release");
    }

    [Fact]
    public void A_kernel_function_that_is_declared_otherwise_is_told_with_both_declarations()
    {
        Requires.Kernel("6.2", "bpf_task_from_pid");
        Refusal(Read("other_prototype")).Hint.Should().Contain("bpf_task_from_pid(s32 pid)").And.Contain("bpf_task_from_pid(s32, u64)").And.Contain("no argument 2 ('u64')");
    }

    [Theory]
    [InlineData("enters", "do_unlinkat")]
    [InlineData("traces", "sched_switch")]
    public void A_misspelt_target_gets_its_likely_name(string program, string near)
    {
        Requires.Kernel("5.5", "programs attached by type");
        BpfObjectSpec spec = Read("misspelt", program);
        spec.Externs.Should().NotBeEmpty();
        FluentActions.Invoking(() => AttachTargetResolver.Resolve(spec.Programs[program], Kernel.Running)).Should().Throw<BpfException>()
            .Which.Hint.Should().Contain($"similar: ").And.Contain(near);
    }

    [Fact]
    public void What_a_stack_map_needs_is_told() =>
        Refusal(Read("stack_map")).Hint.Should().Contain("max_entries (here 0)").And.Contain("sizeof(__u64)");

    [Theory]
    [InlineData("for_others", "5.16", "for these kinds of program: syscall")]
    [InlineData("for_nobody", "4.10", "no helper of number 90000")]
    public void Who_may_call_a_helper_is_told(string program, string since, string told)
    {
        Requires.Kernel(since, "the helper");
        BpfException refusal = Refusal(Read("wrong_caller", program));
        refusal.Hint.Should().Contain(told);
        refusal.IsNotPermittedOrSupported.Should().BeFalse();
    }

    [Fact]
    public void An_object_whose_assembler_counts_places_twice_is_told_so()
    {
        Requires.Kernel("5.2", "global variables");
        BpfException refusal = Refusal(Read("old_gcc"));
        refusal.Message.Should().Contain("invalid access to map value pointer");
        refusal.Hint.Should().Contain("GCC").And.Contain("counts twice");
        refusal.IsNotPermittedOrSupported.Should().BeFalse();
    }

    [Fact]
    public void Maps_keep_their_types_where_no_kernel_takes_the_names_of_others()
    {
        Requires.Kernel("5.4", "spin locks in maps with types");
        byte[] file = ObjectFile.Bytes("mistakes/foreign_names");
        for (int at; (at = file.AsSpan().IndexOf("PhantomDataXu64X"u8)) >= 0;)
            "PhantomData<u64>"u8.CopyTo(file.AsSpan(at));

        using BpfObject loaded = BpfObjectSpec.Parse(file, "foreign").Load();

        loaded.Programs.Should().ContainSingle();
    }
}
