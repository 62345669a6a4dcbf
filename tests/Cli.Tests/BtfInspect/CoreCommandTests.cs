using System.Globalization;
using System.Text.Json;
using P3Ebpf.Btf;
using P3Ebpf.CoRe;

namespace P3Ebpf.Cli.Tests.BtfInspect;

/// <summary>What <c>btf-inspect core</c> says of objects and captured kernels, as text and as JSON.</summary>
public sealed class CoreCommandTests(CapturedBtfFiles btf) : IClassFixture<CapturedBtfFiles>
{
    private const string Lottery = "bpf/sched_lottery.bpf.o";
    private const string MissingField = "testdata/bpf/missing_field.bpf.o";

    private static readonly string[] Kinds =
    [
        "byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64", "local_type_id", "target_type_id", "type_exists", "type_size",
        "type_matches", "enumval_exists", "enumval_value",
    ];

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Where a member of the struct itself stands, in bytes.</summary>
    private static uint OffsetOf(string path, string name, string member)
    {
        BtfFile.Read(path).TryFind(name, BtfKind.Struct, out BtfType type).Should().BeTrue();
        foreach (BtfMember candidate in type.Members)
        {
            if (candidate.Name.ToString() == member)
                return candidate.BitOffset / 8;
        }

        throw new KeyNotFoundException(member);
    }

    [Fact]
    public void The_document_has_the_members_of_the_contract()
    {
        string file = btf[CapturedBtf.Kernel510];
        JsonElement document = Cli.RunForJson(0, "btf-inspect", "core", Lottery, "--btf", file);

        Names(document).Should().Equal("schema_version", "object", "targets");
        document.GetProperty("schema_version").GetInt32().Should().Be(1);
        document.GetProperty("object").GetString().Should().Be(Lottery);
        JsonElement target = document.GetProperty("targets").EnumerateArray().Should().ContainSingle().Subject;
        Names(target).Should().Equal("btf", "succeeded", "programs");
        target.GetProperty("btf").GetString().Should().Be(file);
        target.GetProperty("succeeded").GetBoolean().Should().BeTrue();
        JsonElement program = target.GetProperty("programs").EnumerateArray().Should().ContainSingle().Subject;
        Names(program).Should().Equal("name", "section", "instructions", "relocations");
        program.GetProperty("name").GetString().Should().Be("handle_sched_switch");
        program.GetProperty("section").GetString().Should().Be("tracepoint/sched/sched_switch");

        JsonElement[] relocations = [.. program.GetProperty("relocations").EnumerateArray()];
        foreach (JsonElement relocation in relocations)
        {
            Names(relocation).Should().Equal(
                "instruction", "kind", "local", "outcome", "original_value", "value", "target", "candidates", "source", "message", "suggestion");
            Kinds.Should().Contain(relocation.GetProperty("kind").GetString());
            relocation.GetProperty("source").GetString().Should().MatchRegex(@"(^|/)sched_lottery\.(bpf\.c|h):\d+$");
        }

        relocations.Select(r => r.GetProperty("outcome").GetString()).Distinct().Should().BeEquivalentTo("applied", "absent", "poisoned");
        JsonElement applied = relocations.First(r => r.GetProperty("local").GetString()!.StartsWith("struct task_struct___before_5_14.state", StringComparison.Ordinal));
        applied.GetProperty("outcome").GetString().Should().Be("applied");
        applied.GetProperty("value").GetUInt64().Should().Be(16);
        applied.GetProperty("original_value").GetUInt64().Should().Be(0);
        applied.GetProperty("target").GetString().Should().MatchRegex(@"^\[\d+\] struct task_struct\.state \(0:\d+ @ offset 16\)$");
        applied.GetProperty("candidates").GetInt32().Should().Be(1);
        applied.GetProperty("message").ValueKind.Should().Be(JsonValueKind.Null);
        applied.GetProperty("suggestion").ValueKind.Should().Be(JsonValueKind.Null);
        JsonElement absent = relocations.Single(r => r.GetProperty("outcome").GetString() == "absent");
        absent.GetProperty("kind").GetString().Should().Be("field_exists");
        absent.GetProperty("value").GetUInt64().Should().Be(0);
        absent.GetProperty("target").ValueKind.Should().Be(JsonValueKind.Null);
        absent.GetProperty("message").GetString().Should().Be("struct task_struct has no member __state");
        JsonElement poisoned = relocations.First(r => r.GetProperty("outcome").GetString() == "poisoned");
        poisoned.GetProperty("value").ValueKind.Should().Be(JsonValueKind.Null);
        poisoned.GetProperty("suggestion").GetString().Should().StartWith("struct task_struct has state, which may be its new name.").And.EndWith(".");
    }

    [Theory]
    [InlineData(Lottery, CapturedBtf.Kernel72, true)]
    [InlineData("testdata/bpf/guards.bpf.o", CapturedBtf.Kernel72, true)]
    [InlineData("testdata/bpf/big_endian.bpf.o", CapturedBtf.KernelS390x, false)]
    public void Instructions_are_those_of_the_library_as_hexadecimal_digits_in_file_order(string path, string kernel, bool littleEndian)
    {
        BpfObjectRelocation expected = BpfObjectSpec.Read(TestData.PathOf(path)).Relocate(new CoreTarget(BtfFile.Read(btf[kernel])));
        JsonElement document = Cli.RunForJson(expected.FindReachedPoison().Count == 0 ? 0 : 1, "btf-inspect", "core", path, "--btf", btf[kernel]);

        JsonElement[] programs = [.. document.GetProperty("targets")[0].GetProperty("programs").EnumerateArray()];
        programs.Select(p => p.GetProperty("name").GetString()).Should().Equal(expected.Functions.Select(f => f.Function.Name), "functions of .text are listed like programs");
        foreach ((JsonElement program, BpfRelocatedFunction function) in programs.Zip(expected.Functions))
        {
            string[] digits = [.. program.GetProperty("instructions").EnumerateArray().Select(i => i.GetString()!)];
            digits.Should().OnlyContain(d => d.Length == 16 && d.All(char.IsAsciiHexDigitLower));
            BpfInstruction.Decode(Convert.FromHexString(string.Concat(digits)), littleEndian).Should().Equal(function.Instructions);
        }
    }

    [Fact]
    public void A_big_endian_object_holds_the_offset_as_its_machine_reads_it()
    {
        JsonElement document = Cli.RunForJson(0, "btf-inspect", "core", "testdata/bpf/big_endian.bpf.o", "--btf", btf[CapturedBtf.KernelS390x]);
        JsonElement program = document.GetProperty("targets")[0].GetProperty("programs").EnumerateArray().Single(p => p.GetProperty("name").GetString() == "on_switch");
        program.GetProperty("instructions")[0].GetString().Should().Be("8500000000000023", "it calls helper 35");

        JsonElement offset = program.GetProperty("relocations").EnumerateArray().First(r => r.GetProperty("kind").GetString() == "byte_off");
        uint value = offset.GetProperty("value").GetUInt32();
        value.Should().Be(OffsetOf(btf[CapturedBtf.KernelS390x], "task_struct", "static_prio"));
        program.GetProperty("instructions")[offset.GetProperty("instruction").GetInt32()].GetString().Should().EndWith(value.ToString("x8", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Two_kernels_are_compared_where_they_differ()
    {
        CliResult result = Cli.Run("btf-inspect", "core", Lottery, "--btf", btf[CapturedBtf.Kernel510], "--btf", btf[CapturedBtf.Kernel72]);

        result.ExitCode.Should().Be(0, result.ToString());
        result.Error.Should().BeEmpty();
        string[] lines = Lines(result.Output);
        lines[0].Should().Be($"{Lottery}: 66 CO-RE relocations in 1 function");
        lines.Where(line => line.Contains("runs: what is missing is not reached", StringComparison.Ordinal)).Should().HaveCount(2);
        lines.Should().Contain($"[1] {btf[CapturedBtf.Kernel510]}").And.Contain($"[2] {btf[CapturedBtf.Kernel72]}");
        Row("field_exists  struct task_struct.__state").Should().MatchRegex(@"  absent +1$");
        Row("byte_off      struct task_struct.__state").Should().MatchRegex(@"  poisoned +24$");
        Row("byte_off      struct task_struct___before_5_14.state").Should().MatchRegex(@"  16 +poisoned$");
        Row("byte_off      struct task_struct.static_prio").Should().MatchRegex(@"  104 +108$");
        lines.Should().NotContain(line => line.Contains("sched_switch.prev_pid", StringComparison.Ordinal), "it is the same in both");

        string Row(string asked) => lines.Should().ContainSingle(line => line.Contains(asked, StringComparison.Ordinal)).Subject;
    }

    [Fact]
    public void What_a_program_reaches_and_the_kernel_lacks_fails()
    {
        CliResult text = Cli.Run("btf-inspect", "core", MissingField, "--btf", btf[CapturedBtf.Kernel72]);

        text.ExitCode.Should().Be(1, text.ToString());
        string[] lines = Lines(text.Output);
        lines[2].Should().Contain("will be rejected: reaches struct task_struct.static_priority (0:0 @ offset 0)");
        lines.Where(line => line.StartsWith("  poisoned", StringComparison.Ordinal)).Should().ContainSingle("the other program guards its access")
            .Which.Should().MatchRegex(@"missing_field\.bpf\.c:15: byte_off of struct task_struct\.static_priority .*, reached$");
        lines[^1].Trim().Should().Be(
            "struct task_struct has static_prio, which may be its new name. Declare struct task_struct___other with what the target has, and choose with bpf_core_field_exists().");

        JsonElement json = Cli.RunForJson(1, "btf-inspect", "core", MissingField, "--btf", btf[CapturedBtf.Kernel72]);
        json.GetProperty("targets")[0].GetProperty("succeeded").GetBoolean().Should().BeTrue("poisoning is an answer");
    }

    [Fact]
    public void All_relocations_are_told_on_request_with_the_step_at_which_candidates_fail()
    {
        CliResult result = Cli.Run("btf-inspect", "core", Lottery, "--btf", btf[CapturedBtf.Kernel510], "--verbose");

        result.ExitCode.Should().Be(0, result.ToString());
        string[] lines = Lines(result.Output);
        lines.Count(line => line.StartsWith("  applied ", StringComparison.Ordinal) || line.StartsWith("  absent ", StringComparison.Ordinal)
            || line.StartsWith("  poisoned ", StringComparison.Ordinal)).Should().Be(66);
        lines.Should().Contain(line => line.StartsWith("  poisoned handle_sched_switch+", StringComparison.Ordinal) && line.EndsWith(", not reached", StringComparison.Ordinal));
        lines.Should().ContainMatch("*candidate [*] struct task_struct of *5.10*: step 1: struct task_struct has no member __state");
        lines.Should().ContainMatch("*candidate [*] struct task_struct of *5.10*: matches");
        lines.Select(line => line.Trim()).Should().Contain("return READ_INTEGER(task, __state);");
    }

    [Fact]
    public void A_relocation_that_fails_fails_the_command()
    {
        string path = btf.Write("broken.bpf.o", BrokenObject.Build());

        CliResult text = Cli.Run("btf-inspect", "core", path, "--btf", btf[CapturedBtf.Kernel72]);
        text.ExitCode.Should().Be(1, text.ToString());
        text.Output.Should().Contain("does not relocate").And.MatchRegex(@"  failed   .*sched_lottery\.bpf\.c:\d+: byte_off of struct task_struct\.policy");

        JsonElement target = Cli.RunForJson(1, "btf-inspect", "core", path, "--btf", btf[CapturedBtf.Kernel72]).GetProperty("targets")[0];
        target.GetProperty("succeeded").GetBoolean().Should().BeFalse();
        JsonElement failed = target.GetProperty("programs")[0].GetProperty("relocations").EnumerateArray().Single(r => r.GetProperty("outcome").GetString() == "failed");
        failed.GetProperty("value").ValueKind.Should().Be(JsonValueKind.Null);
        failed.GetProperty("message").GetString().Should().NotBeNullOrEmpty();
    }

    [Fact]
    public void One_target_that_does_not_fit_fails_the_command_and_the_others_are_told()
    {
        JsonElement document = Cli.RunForJson(
            1, "btf-inspect", "core", Lottery, "--btf", btf[CapturedBtf.Kernel72], "--btf", btf.Write("empty.btf", new BtfBuilder().ToArray()));
        document.GetProperty("targets").EnumerateArray().Select(t => t.GetProperty("programs")[0].GetProperty("relocations")[0].GetProperty("outcome").GetString())
            .Should().Equal("applied", "poisoned");
    }

    [Fact]
    public void An_object_without_relocations_needs_no_BTF()
    {
        CliResult text = Cli.Run("btf-inspect", "core", "testdata/bpf/globals.bpf.o");
        text.ExitCode.Should().Be(0, text.ToString());
        Lines(text.Output).Should().HaveCount(2).And.HaveElementAt(1, "It needs no target BTF: its instructions are the same on every kernel.");
    }

    [Theory]
    [InlineData("core bpf/sched_lottery.bpf.o --btf TRUNCATED", "bad-btf", "truncated.btf")]
    [InlineData("core bpf/sched_lottery.bpf.o --btf FINE --btf TRUNCATED", "bad-btf", "truncated.btf")]
    [InlineData("core bpf/sched_lottery.bpf.o --btf bpf/bpf.h", "bad-btf", "bpf/bpf.h")]
    [InlineData("core bpf/sched_lottery.bpf.o --btf no/such.btf", "not-found", "no/such.btf")]
    [InlineData("core bpf/bpf.h --btf FINE", "bad-elf", "bpf/bpf.h")]
    public void What_cannot_be_read_is_named(string arguments, string code, string named)
    {
        string truncated = btf.Write("truncated.btf", TestData.Btf(CapturedBtf.Kernel612)[..1_000_000]);
        string[] words = ["btf-inspect", .. arguments.Split(' ').Select(word => word switch { "TRUNCATED" => truncated, "FINE" => btf[CapturedBtf.Kernel612], _ => word })];

        JsonElement error = Cli.RunForJson(1, words).GetProperty("error");
        error.GetProperty("code").GetString().Should().Be(code);
        error.GetProperty("message").GetString().Should().Contain(named);
        CliResult text = Cli.Run(words);
        text.ExitCode.Should().Be(1);
        text.Output.Should().BeEmpty();
        text.Error.Should().Contain(named).And.Contain("hint: ");
    }
}
