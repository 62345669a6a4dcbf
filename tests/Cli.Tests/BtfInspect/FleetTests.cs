using System.IO.Compression;
using System.Text.Json;

namespace P3Ebpf.Cli.Tests.BtfInspect;

/// <summary>What <c>btf-inspect core</c> says of many objects on many kernels: as lines, as JSON, as a page.</summary>
public sealed class FleetTests(CapturedBtfFiles btf) : IClassFixture<CapturedBtfFiles>
{
    private const string Lottery = "bpf/sched_lottery.bpf.o";
    private const string UserRing = "testdata/bpf/user_ring.bpf.o";
    private const string Module = "mod-7.2.13-amd64.nf_conntrack";

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string[] Captured(params string[] names) => [.. names.SelectMany(name => new[] { "--btf", btf[name] })];

    [Fact]
    public void Every_object_on_every_kernel_is_a_line_and_one_that_does_not_run_fails()
    {
        CliResult result = Cli.Run(["btf-inspect", "core", Lottery, UserRing, .. Captured(CapturedBtf.Kernel510, CapturedBtf.Kernel72)]);

        result.ExitCode.Should().Be(1, result.ToString());
        result.Error.Should().BeEmpty("progress is for terminals");
        string[] lines = Lines(result.Output);
        lines.Should().HaveCount(6);
        lines[0].Should().MatchRegex("^OBJECT +TARGET +VERDICT$");
        lines[1].Should().StartWith(Lottery).And.Contain("5.10").And.EndWith("runs: what is missing is not reached");
        lines[3].Should().StartWith(UserRing).And.Contain("5.10").And.MatchRegex("does not load: no (program type syscall|map type user_ringbuf)$");
        lines[4].Should().EndWith("  runs");
        lines[5].Should().Be("2 objects on 2 kernels: 3 of 4 run, 1 does not.");
    }

    [Fact]
    public void The_document_has_a_verdict_for_each_pair_and_what_is_needed()
    {
        JsonElement document = Cli.RunForJson(1, ["btf-inspect", "core", UserRing, "--brief", .. Captured(CapturedBtf.Kernel510)]);

        document.GetProperty("objects")[0].GetString().Should().Be(UserRing);
        document.GetProperty("refused").GetInt32().Should().Be(1);
        JsonElement pair = document.GetProperty("pairs").EnumerateArray().Should().ContainSingle().Subject;
        pair.GetProperty("verdict").GetString().Should().Be("lacks_requirement");
        pair.GetProperty("succeeded").GetBoolean().Should().BeFalse();
        JsonElement need = pair.GetProperty("needs").EnumerateArray().First(each => each.GetProperty("kind").GetString() == "map_type");
        need.GetProperty("name").GetString().Should().Be("user_ringbuf");
        need.GetProperty("status").GetString().Should().Be("missing");
        need.GetProperty("effect").GetString().Should().Be("loading");
    }

    [Fact]
    public void What_cannot_be_read_is_a_verdict_that_keeps_nothing_else_from_being_judged()
    {
        string broken = btf.Write("broken.btf", TestData.Btf(CapturedBtf.Kernel612)[..1_000_000]);

        JsonElement document = Cli.RunForJson(1, ["btf-inspect", "core", Lottery, "bpf/bpf.h", "--btf", broken, .. Captured(CapturedBtf.Kernel72)]);

        document.GetProperty("pairs").EnumerateArray().Select(pair => pair.GetProperty("verdict").GetString())
            .Should().Equal("unreadable", "runs_without_missing", "unreadable", "unreadable");
    }

    [Fact]
    public void A_directory_stands_for_the_files_in_it_at_any_depth_and_modules_among_them_are_passed_over()
    {
        string root = btf.NewDirectory();
        Directory.CreateDirectory(Path.Combine(root, "debian"));
        File.Copy(btf[CapturedBtf.Kernel612], Path.Combine(root, "a.btf"));
        File.Copy(TestData.PathOf($"testdata/btf/{CapturedBtf.Kernel72}.btf.gz"), Path.Combine(root, "debian", "b.btf.gz"));
        File.WriteAllBytes(Path.Combine(root, "module.btf"), TestData.Btf(Module));
        File.WriteAllText(Path.Combine(root, "README"), "not BTF");

        CliResult result = Cli.Run("btf-inspect", "core", Lottery, "--btf", root);

        result.ExitCode.Should().Be(0, result.ToString());
        result.Output.Should().Contain("a.btf ").And.Contain("debian/b.btf.gz ").And.NotContain("README").And.NotContain("module.btf");
        result.Output.Should().Contain("1 object on 2 kernels: all run.");
        result.Error.Should().Contain("1 of the files found are the BTF of modules").And.Contain("--base FILE");
    }

    [Fact]
    public void A_directory_with_vmlinux_is_one_kernel_with_its_modules()
    {
        string root = btf.NewDirectory();
        File.Copy(btf[CapturedBtf.Kernel72], Path.Combine(root, "vmlinux"));
        File.WriteAllBytes(Path.Combine(root, "nf_conntrack"), TestData.Btf(Module));

        JsonElement document = Cli.RunForJson(0, "btf-inspect", "core", Lottery, "--brief", "--btf", root);

        document.GetProperty("targets").EnumerateArray().Select(target => target.GetString()).Should().Equal(root);
    }

    [Fact]
    public void A_module_is_read_on_the_base_that_is_given()
    {
        string module = btf.Write("nf_conntrack.btf", TestData.Btf(Module));

        Cli.Run("btf-inspect", "core", Lottery, "--btf", module, "--base", btf[CapturedBtf.Kernel72]).ExitCode.Should().Be(0);

        CliResult alone = Cli.Run("btf-inspect", "core", Lottery, "--btf", module);
        alone.ExitCode.Should().Be(1);
        alone.Error.Should().Contain("--base");
        Cli.Run("btf-inspect", "core", Lottery, "--base", module).ExitCode.Should().Be(2, "there is nothing that it could be the base of");
    }

    [Fact]
    public void Gzip_is_read_and_other_compression_is_named_with_what_unpacks_it()
    {
        Cli.Run("btf-inspect", "type", "task_struct", "--btf", $"testdata/btf/{CapturedBtf.Kernel612}.btf.gz").ExitCode.Should().Be(0);
        string zstd = btf.Write("5.4.0.btf.zst", [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]);
        CliResult result = Cli.Run("btf-inspect", "dump", zstd);
        result.ExitCode.Should().Be(1);
        result.Error.Should().Contain("zstd -dk 5.4.0.btf.zst");

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(TestData.Btf(CapturedBtf.Kernel612).AsSpan(0, 1000));
        Cli.Run("btf-inspect", "dump", btf.Write("cut.btf.gz", packed.ToArray()[..500])).ExitCode.Should().Be(1);
    }

    [Fact]
    public void The_page_has_everything_and_needs_nothing()
    {
        string page = Path.Combine(btf.NewDirectory(), "fleet.html");
        string hostile = btf.Write("<script>alert(1)<!--.bpf.o", File.ReadAllBytes(TestData.PathOf("testdata/bpf/missing_field.bpf.o")));

        CliResult result = Cli.Run(["btf-inspect", "core", hostile, UserRing, "--html", page, .. Captured(CapturedBtf.Kernel510, CapturedBtf.Kernel72)]);

        result.ExitCode.Should().Be(1, result.ToString());
        string html = File.ReadAllText(page);
        html.Should().StartWith("<!DOCTYPE html>").And.EndWith("</html>\n");
        html.Should().NotContain("<script").And.NotContain("http://").And.NotContain("https://").And.NotContain("src=").And.Contain("&lt;script&gt;");
        html.Should().Contain("prefers-color-scheme: dark").And.Contain("@media print");
        html.Should().Contain("user_ringbuf").And.Contain("struct task_struct.static_priority").And.Contain("static_prio, which may be its new name");
    }

    [Fact]
    public void An_access_in_C_is_one_row_however_many_relocations_it_is()
    {
        string page = Path.Combine(btf.NewDirectory(), "fleet.html");

        Cli.Run(["btf-inspect", "core", Lottery, "--html", page, .. Captured(CapturedBtf.Kernel510, CapturedBtf.Kernel72)]).ExitCode.Should().Be(0);

        string html = File.ReadAllText(page);
        html.Should().Contain("<span class=\"soft\">byte_off, byte_sz, lshift_u64, signed, rshift_u64</span> struct task_struct.__state");
        html.Should().NotContain("<span class=\"soft\">lshift_u64</span>").And.NotContain("<span class=\"soft\">rshift_u64</span>");
    }

    [Fact]
    public void What_BTF_cannot_tell_is_a_verdict_of_its_own_and_no_failure()
    {
        JsonElement document = Cli.RunForJson(0, ["btf-inspect", "core", "testdata/bpf/missing_extern.bpf.o", "--brief", .. Captured(CapturedBtf.Kernel612)]);
        document.GetProperty("pairs")[0].GetProperty("verdict").GetString().Should().Be("not_known");
        document.GetProperty("pairs")[0].GetProperty("message").GetString().Should().Contain("CONFIG_NO_SUCH_OPTION");

        Lines(Cli.Run(["btf-inspect", "core", "testdata/bpf/missing_extern.bpf.o", "--brief", .. Captured(CapturedBtf.Kernel612)]).Output)[^1]
            .Should().Be("1 object on 1 kernel: 0 of 1 run, of 1 BTF cannot tell.");
    }

    [Fact]
    public void Differences_make_a_page_too()
    {
        string page = Path.Combine(btf.NewDirectory(), "diff.html");

        CliResult result = Cli.Run("btf-inspect", "diff", btf[CapturedBtf.Kernel510], btf[CapturedBtf.Kernel72], "--name", "task_struct", "--html", page);

        result.ExitCode.Should().Be(0, result.ToString());
        File.ReadAllText(page).Should().Contain("~ struct task_struct").And.Contain("<span class=\"minus\">").And.NotContain("<script");
    }
}
