using System.Text.Json;
using P3Ebpf.Elf;

namespace P3Ebpf.Cli.Tests.BtfInspect;

/// <summary><c>btf-inspect extract</c> writes the bytes of the section, all or nothing.</summary>
public sealed class ExtractCommandTests(CapturedBtfFiles btf) : IClassFixture<CapturedBtfFiles>
{
    [Theory]
    [InlineData("bpf/sched_lottery.bpf.o")]
    [InlineData("testdata/bpf/big_endian.bpf.o")]
    public void The_file_is_the_section_and_passes_the_check(string path)
    {
        string directory = btf.NewDirectory();
        string output = Path.Combine(directory, "out.btf");
        using ElfFile elf = ElfFile.Open(TestData.PathOf(path));
        elf.TryGetSection(".BTF", out ElfSection section).Should().BeTrue();

        CliResult text = Cli.Run("btf-inspect", "extract", path, "-o", output);

        text.ExitCode.Should().Be(0, text.ToString());
        text.Output.Should().BeEmpty();
        text.Error.Should().Be($"{output}: {section.ReadData().Length} bytes\n");
        File.ReadAllBytes(output).Should().Equal(section.ReadData().ToArray());
        Directory.GetFiles(directory).Should().Equal(output);
        CliResult check = Cli.Run("btf-inspect", "check", output);
        check.ExitCode.Should().Be(0, check.ToString());

        JsonElement json = Cli.RunForJson(0, "btf-inspect", "extract", path, "-o", output);
        json.EnumerateObject().Select(p => p.Name).Should().Equal("schema_version", "file", "output", "bytes", "types");
        json.GetProperty("bytes").GetInt32().Should().Be(section.ReadData().Length);
        Directory.GetFiles(directory).Should().Equal([output], "what was there is replaced");
    }

    [Theory]
    [InlineData("testdata/bpf/no_btf.bpf.o", "out.btf", "no_btf.bpf.o")]
    [InlineData("no/such/vmlinux", "out.btf", "no/such/vmlinux")]
    [InlineData("bpf/sched_lottery.bpf.o", "no/such/directory/out.btf", "no/such/directory")]
    public void A_failure_leaves_nothing_behind(string path, string name, string named)
    {
        string directory = btf.NewDirectory();

        JsonElement error = Cli.RunForJson(1, "btf-inspect", "extract", path, "-o", Path.Combine(directory, name)).GetProperty("error");

        error.GetProperty("message").GetString().Should().Contain(named);
        error.GetProperty("hint").GetString().Should().NotBeNullOrEmpty();
        Directory.GetFileSystemEntries(directory).Should().BeEmpty();
    }
}
