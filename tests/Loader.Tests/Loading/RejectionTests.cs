namespace P3Ebpf.Loader.Tests;

/// <summary>
/// What the verifier most often refuses, each by a small program of testdata/bpf/rejections: the line that is named, the reason and the remedy that
/// are given; and the repaired program, which loads. The verifier's words differ from kernel to kernel; what is told of them does not.
/// </summary>
[KernelTests]
public sealed class RejectionTests(ITestOutputHelper output)
{
    private const string Mark = "/* rejected";

    /// <summary>Object, program, the Linux version that it takes, and words of the remedy.</summary>
    public static TheoryData<string, string, string, string> Cases { get; } = new()
    {
        { "pointers", "null_lookup", "4.9", "may be NULL" },
        { "pointers", "null_arithmetic", "4.9", "may be NULL" },
        { "pointers", "unbounded_index", "4.9", "Bound the index" },
        { "pointers", "negative_index", "4.9", "may be negative" },
        { "pointers", "outside_value", "4.9", "outside of the map's value" },
        { "pointers", "unchecked_packet", "4.9", "data_end" },
        { "pointers", "stale_packet", "4.9", "moves or reallocates the packet" },
        { "pointers", "context_offset", "4.9", "field of the context" },
        { "pointers", "context_write", "4.9", "field of the context" },
        { "pointers", "kernel_memory", "5.5", "bpf_probe_read_kernel" },
        { "pointers", "constant_write", "5.2", "constant" },
        { "flow", "unset_register", "4.9", "written on every path" },
        { "flow", "unset_result", "4.9", "written on every path" },
        { "flow", "outside_stack", "4.9", "512 bytes" },
        { "flow", "stack_index", "4.9", "mask it or compare it" },
        { "flow", "deep_stack", "4.16", "more than 512 bytes of stack together" },
        { "flow", "endless_loop", "5.3", "Give the loop a bound" },
        { "flow", "long_loop", "6.4", "bpf_loop" }, // before, its log is asked for thrice, which takes an emulated kernel minutes; BpfProgramTests has a shorter one
        { "flow", "dead_code", "4.9", "Code that nothing leads to" },
        { "flow", "no_end", "4.9", "end is not a return" },
        { "flow", "returned_value", "4.17", "value that is returned" },
        { "flow", "global_argument", "5.13", "may be NULL" },
        { "helpers", "argument_type", "4.9", "address of a variable" },
        { "helpers", "argument_null", "4.9", "may be NULL" },
        { "helpers", "foreign_helper", "4.10", "xdp" },
        { "helpers", "unbounded_length", "4.10", "length" },
        { "helpers", "zero_length", "4.9", "length" },
        { "helpers", "long_read", "4.9", "longer than" },
        { "helpers", "kept_record", "5.8", "must be released" },
        { "helpers", "released_twice", "5.8", "released" },
        { "helpers", "kept_lock", "5.1", "bpf_spin_unlock()" },
        { "helpers", "call_under_lock", "5.1", "before bpf_spin_lock()" },
        { "helpers", "unheld_lock", "5.1", "bpf_spin_lock()" },
        { "helpers", "read_lock", "5.1", "lock" },
        { "kernel", "type_write", "5.5", "may only be read" },
        { "kernel", "type_outside", "5.5", "outside of" },
        { "kernel", "sleeping_helper", "5.14", "sleepable" },
        // These call functions of the kernel that came with Linux 6.4.
        { "kernel", "kept_task", "6.4", "must be released" },
        { "kernel", "untrusted_argument", "6.4", "number to the verifier" },
        { "kernel", "kept_iterator", "6.4", "must be released" },
        { "kernel", "kept_rcu", "6.4", "bpf_rcu_read_unlock()" },
        { "license", "gpl_helper", "4.9", "licence" },
    };

    private static BpfObjectSpec Read(string name, string program)
    {
        BpfObjectSpec spec = ObjectFile.Read($"rejections/{name}");
        spec.Programs[program].IsAutoLoaded = true;
        return spec;
    }

    /// <summary>The line that the verifier is to name; <see langword="null"/> where it names none in particular.</summary>
    private static int? LineOf(string name, string program)
    {
        string[] lines = File.ReadAllLines(TestData.PathOf($"testdata/bpf/rejections/{name}.bpf.c"));
        int start = Array.FindIndex(lines, line => line.Contains($" {program}(", StringComparison.Ordinal));
        int end = Array.FindIndex(lines, start, line => line == "}");
        int at = Array.FindIndex(lines, start, end - start, line => line.Contains(Mark, StringComparison.Ordinal));
        return at < 0 ? null : at + 1;
    }

    /// <summary>A leak shows at the end of the program, and what is refused before any instruction is looked at has no line.</summary>
    private static bool NamesALine(string program) => !program.StartsWith("kept_", StringComparison.Ordinal) && program is not ("deep_stack" or "no_end" or "null_lookup");

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_refused_gets_its_line_and_a_remedy(string name, string program, string since, string remedy)
    {
        Requires.Kernel(since, program);

        BpfVerifierException refusal = FluentActions.Invoking(() => Read(name, program).Load()).Should().Throw<BpfVerifierException>().Which;

        output.WriteLine($"| {program} | {refusal.Verdict.Reason} | {refusal.SourceLine} | {refusal.Hint} |");
        refusal.ProgramName.Should().Be(program);
        refusal.Verdict.Reason.Should().NotBeNullOrEmpty(refusal.Log);
        if (LineOf(name, program) is { } line && NamesALine(program))
            refusal.SourceLine.Should().Contain($"{name}.bpf.c:{line}", refusal.Verdict.Reason);
        refusal.Hint.Should().NotBeNull(refusal.Verdict.Reason);

        // Linux 7.3 has suggestions of its own for some.
        if (refusal.Verdict.Suggestion is null || program == "stale_packet")
            refusal.Hint.Should().Contain(remedy, refusal.Verdict.Reason);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_repaired_loads(string name, string program, string since, string remedy)
    {
        Requires.Kernel(since, program);
        _ = remedy;
        string repaired = $"{program}_repaired";

        using BpfObject loaded = Read(name, repaired).Load();

        loaded.Programs.Should().ContainSingle().Which.Name.Should().Be(repaired);
    }
}
