namespace P3Ebpf.Cli.Tests.Load;

/// <summary>Objects that loaders are often asked to load in vain, and some that only few take: what <c>load</c> says of them.</summary>
[KernelTests]
public sealed class MistakesTests
{
    [Theory]
    [InlineData("own_section", "section socket at byte 24: the relocation calls 'add' of section helpers", "Remove the section attribute of add")]
    [InlineData("other_prototype", "Resolving extern 'bpf_task_from_pid' failed", "the kernel's has no argument 2 ('u64')")]
    public void What_cannot_be_loaded_is_told_with_what_to_do(string name, string message, string hint)
    {
        Requires.Kernel("6.2", "bpf_task_from_pid");
        CliResult result = Load(name);
        result.ExitCode.Should().Be(ExitCode.Failed, result.ToString());
        result.Error.Should().Contain(message).And.Contain("hint: ").And.Contain(hint);
    }

    [Fact]
    public void Two_names_of_one_program_are_one_program_and_a_warning()
    {
        Requires.Kernel("5.0", "functions with types");
        CliResult result = Load("alias");
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain("warning: section socket: ").And.MatchRegex(@"loaded \S+alias\.bpf\.o: program \w+ \(id \d+\)");
    }

    [Fact]
    public void An_arena_with_variables_is_loaded()
    {
        Requires.Kernel("6.9", "arenas");
        CliResult result = Cli.Run("load", "testdata/bpf/arena.bpf.o");
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain("; map arena (id ");
    }

    [Fact]
    public void Names_of_other_languages_are_respelt_for_the_kernel_and_maps_keep_their_locks()
    {
        Requires.Kernel("5.4", "spin locks in maps with types");
        string copy = Path.GetTempFileName();
        try
        {
            byte[] file = File.ReadAllBytes(TestData.PathOf("testdata/bpf/mistakes/foreign_names.bpf.o"));
            for (int at; (at = file.AsSpan().IndexOf("PhantomDataXu64X"u8)) >= 0;)
                "PhantomData<u64>"u8.CopyTo(file.AsSpan(at));
            File.WriteAllBytes(copy, file);
            CliResult result = Cli.Run("load", copy, "--no-attach");
            result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
            result.Error.Should().Contain("warning: its BTF names 'PhantomData<u64>'").And.Contain("loaded ");
        }
        finally
        {
            File.Delete(copy);
        }
    }

    [Theory]
    [InlineData("cgroup_connect", "perhaps SEC(\"cgroup/connect4\") or SEC(\"cgroup/connect6\")")]
    [InlineData("cgroup_getsockopt_x", "perhaps SEC(\"cgroup/getsockopt\")")]
    [InlineData("classifier_ingress", "perhaps SEC(\"classifier\")")]
    [InlineData("prog", "Use a section name such as")]
    [InlineData("sk_lookup_a", "perhaps SEC(\"sk_lookup\")")]
    [InlineData("socket1", "perhaps SEC(\"socket\")")]
    [InlineData("tc_prog_a", "perhaps SEC(\"tc\")")]
    [InlineData("xdp_prog1", "perhaps SEC(\"xdp\")")]
    [InlineData("xdp_devmap_x", "perhaps SEC(\"xdp/devmap\")")]
    [InlineData("fentry", "SEC(\"fentry\") names no target")]
    [InlineData("lsm_s", "SEC(\"lsm.s\") names no target")]
    public void A_section_that_says_too_little_is_told_with_what_may_be_meant(string program, string hint)
    {
        Requires.Kernel("5.11", "LSM programs that may sleep");
        CliResult result = Load("section_names", "--prog", program);
        result.ExitCode.Should().Be(ExitCode.Failed, result.ToString());
        result.Error.Should().Contain($"program '{program}'").And.Contain(hint);
    }

    [Fact]
    public void A_tracepoint_that_a_section_leaves_open_is_asked_for_once_it_is_loaded()
    {
        Requires.Bpf();
        CliResult result = Load("section_names", "--prog", "raw_tp");
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain("--attach raw_tp=raw_tp/NAME");
        result = Load("section_names", "--prog", "raw_tp", "--attach", "raw_tp=raw_tp/sys_enter", "--duration", "0.1");
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Error.Should().Contain("attached to raw tracepoint sys_enter");
    }

    private static CliResult Load(string name, params string[] options) => Cli.Run(["load", $"testdata/bpf/mistakes/{name}.bpf.o", .. options]);
}
