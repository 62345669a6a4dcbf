using System.Text.Json;
using P3Ebpf.Btf;

namespace P3Ebpf.Cli.Tests.BtfInspect;

/// <summary>What <c>btf-inspect min</c> writes answers every relocation as the whole does.</summary>
public sealed class MinCommandTests(CapturedBtfFiles btf) : IClassFixture<CapturedBtfFiles>
{
    private const string Lottery = "bpf/sched_lottery.bpf.o";
    private const string Guards = "testdata/bpf/guards.bpf.o";

    /// <summary>Instructions, outcomes and values; type ids and the number of candidates may differ.</summary>
    private static List<string> Answers(string path, string target)
    {
        CliResult result = Cli.Run("btf-inspect", "core", path, "--btf", target, "--json");
        JsonElement programs = JsonDocument.Parse(result.Output).RootElement.GetProperty("targets")[0].GetProperty("programs");
        return
        [
            .. from program in programs.EnumerateArray()
               from text in program.GetProperty("instructions").EnumerateArray().Select(i => i.GetString()!)
                   .Concat(program.GetProperty("relocations").EnumerateArray().Select(r => $"{r.GetProperty("outcome")} {r.GetProperty("value")} {r.GetProperty("message")}"))
               select $"{program.GetProperty("name")} {text}",
        ];
    }

    [Theory]
    [InlineData(CapturedBtf.Kernel510, Lottery)]
    [InlineData(CapturedBtf.Kernel72, Lottery)]
    [InlineData(CapturedBtf.Kernel72, Lottery, Guards)]
    [InlineData(CapturedBtf.KernelS390x, "testdata/bpf/big_endian.bpf.o")]
    public void Objects_relocate_against_the_minimised_BTF_as_against_the_whole(string kernel, params string[] objects)
    {
        string directory = btf.NewDirectory();
        string output = Path.Combine(directory, "min.btf");

        JsonElement document = Cli.RunForJson(0, ["btf-inspect", "min", .. objects, "--btf", btf[kernel], "-o", output]);

        document.EnumerateObject().Select(p => p.Name).Should().Equal("schema_version", "file", "output", "bytes", "types");
        document.GetProperty("bytes").GetInt32().Should().Be((int)new FileInfo(output).Length).And.BeLessThan(4096);
        document.GetProperty("types").GetInt32().Should().Be(BtfFile.Read(output).OwnTypeCount);
        Directory.GetFiles(directory).Should().Equal(output);
        foreach (string path in objects)
            Answers(path, output).Should().Equal(Answers(path, btf[kernel]));
        CliResult check = Cli.Run("btf-inspect", "check", output);
        check.ExitCode.Should().Be(0, check.ToString());
    }

    [Fact]
    public void Two_objects_need_more_than_one()
    {
        string one = Path.Combine(btf.NewDirectory(), "one.btf");
        string both = Path.Combine(btf.NewDirectory(), "both.btf");
        _ = Cli.Run("btf-inspect", "min", Guards, "--btf", btf[CapturedBtf.Kernel72], "-o", one);
        _ = Cli.Run("btf-inspect", "min", Guards, Lottery, "--btf", btf[CapturedBtf.Kernel72], "-o", both);

        BtfFile.Read(one).TryFind("kernfs_node", BtfKind.Struct, out _).Should().BeFalse();
        BtfFile.Read(both).TryFind("kernfs_node", BtfKind.Struct, out _).Should().BeTrue();
    }

    [Fact]
    public void An_object_that_does_not_relocate_leaves_the_old_file_as_it_was()
    {
        string directory = btf.NewDirectory();
        string output = Path.Combine(directory, "min.btf");
        File.WriteAllText(output, "old");
        string broken = btf.Write("broken.bpf.o", BrokenObject.Build());

        JsonElement error = Cli.RunForJson(1, "btf-inspect", "min", Lottery, broken, "--btf", btf[CapturedBtf.Kernel72], "-o", output).GetProperty("error");

        error.GetProperty("code").GetString().Should().Be("core-mismatch");
        error.GetProperty("message").GetString().Should().Contain("broken.bpf.o does not relocate").And.Contain("struct task_struct.policy");
        error.GetProperty("hint").GetString().Should().Contain("btf-inspect core");
        Directory.GetFiles(directory).Should().Equal(output);
        File.ReadAllText(output).Should().Be("old");
    }

    [Theory]
    [InlineData("min bpf/sched_lottery.bpf.o -o out.btf", "--btf")]
    [InlineData("min bpf/sched_lottery.bpf.o --btf x", "--output")]
    [InlineData("min --btf x -o out.btf", "min")]
    public void What_is_left_out_is_a_matter_of_usage(string arguments, string named)
    {
        CliResult result = Cli.Run(["btf-inspect", .. arguments.Split(' ')]);
        result.ExitCode.Should().Be(2, result.ToString());
        result.Error.Should().Contain(named).And.Contain("usage: p3ebpf btf-inspect min OBJECT ... [options]");
    }
}
