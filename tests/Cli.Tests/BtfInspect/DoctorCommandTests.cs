using System.Diagnostics;
using System.Text.Json;
using P3Ebpf.Cli.BtfInspect;
using P3Ebpf.Doctor;

namespace P3Ebpf.Cli.Tests.BtfInspect;

/// <summary><c>btf-inspect doctor</c> on the case that it was made for: libbpf says -22, while BTF and object are in order.</summary>
public sealed class DoctorCommandTests : IClassFixture<CapturedBtfFiles>
{
    private const string Object = "bpf/sched_lottery.bpf.o";

    private const string Log = """
        libbpf: failed to parse target BTF: -22
        libbpf: failed to perform CO-RE relocations: -22
        libbpf: failed to load object '/home/p3/bpf/sched_lottery.bpf.o'

        """;

    private readonly CapturedBtfFiles _btf;
    private readonly string _log;
    private readonly Dictionary<string, string?> _environment;

    public DoctorCommandTests(CapturedBtfFiles btf)
    {
        _btf = btf;
        _log = Path.Combine(btf.Root, "loader.log");
        File.WriteAllText(_log, Log);
        File.WriteAllText(Path.Combine(btf.Root, "libbpf.pc"), "Name: libbpf\nVersion: 1.7.0\n");
        _environment = new Dictionary<string, string?> { ["PKG_CONFIG_PATH"] = btf.Root };
    }

    private CliResult Run(params string[] arguments) => Cli.Execute(Cli.Words(["btf-inspect", "doctor", .. arguments]), _environment);

    private static JsonElement Document(CliResult result)
    {
        result.ExitCode.Should().Be(0, result.ToString());
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static string?[] Codes(JsonElement document) => [.. document.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("code").GetString())];

    [Fact]
    public void A_library_older_than_pkg_config_says_is_found_first()
    {
        JsonElement document = Document(Run("--log", _log, "--obj", Object, "--btf", _btf[CapturedBtf.Kernel612], "--json"));

        document.EnumerateObject().Select(p => p.Name).Should().StartWith(["schema_version", "findings", "answer"]);
        JsonElement[] findings = [.. document.GetProperty("findings").EnumerateArray()];
        foreach (JsonElement finding in findings)
            finding.EnumerateObject().Select(p => p.Name).Should().Equal("code", "weight", "summary", "evidence", "action");
        findings.Select(f => f.GetProperty("weight").GetInt32()).Should().BeInDescendingOrder();
        Codes(document).Take(2).Should().Equal("libbpf-older-than-reported", "libbpf-too-old-for-btf");
        findings[0].GetProperty("evidence").EnumerateArray().Should().Contain(e => e.GetString()!.Contains("1.7.0"));
        document.GetProperty("answer").GetString().Should().Contain("Does the BTF match the object? Yes");
    }

    [Fact]
    public void The_text_begins_with_the_answer_and_shows_the_system_only_when_asked()
    {
        CliResult result = Run("--log", _log, "--obj", Object, "--btf", _btf[CapturedBtf.Kernel612]);

        result.ExitCode.Should().Be(0, result.ToString());
        result.Error.Should().BeEmpty();
        result.Output.Should().StartWith("The messages were not printed by libbpf 1.7.0").And.Contain("\nDoes the BTF match the object? Yes");
        result.Output.Should().MatchRegex(@"\n\n\[ *\d+\] libbpf-older-than-reported: ").And.Contain("\n      > ").And.NotContain("capabilities");
        Run("--log", _log, "--system").Output.Should().Contain("capabilities");
    }

    [Fact]
    public void A_log_that_explains_nothing_is_told_by_the_exit_status()
    {
        string foreign = Path.Combine(_btf.Root, "foreign.log");
        File.WriteAllText(foreign, "frobnicator: it went wrong\n");

        CliResult result = Run("--log", foreign, "--json");

        result.ExitCode.Should().Be(1, result.ToString());
        JsonDocument.Parse(result.Output).RootElement.GetProperty("conclusive").GetBoolean().Should().BeFalse();
        Run("--help").Output.Should().Contain("Exit status: 0 a likely cause was found");
    }

    [Fact]
    public void A_truncated_BTF_comes_before_the_library()
    {
        string truncated = _btf.Write("truncated.btf", TestData.Btf(CapturedBtf.Kernel612)[..3_000_000]);
        Codes(Document(Run("--log", _log, "--obj", Object, "--btf", truncated, "--json")))[0].Should().Be("truncated");
    }

    [Fact]
    public void The_tools_own_command_is_named_with_the_files_that_were_given()
    {
        string truncated = _btf.Write("short.btf", TestData.Btf(CapturedBtf.Kernel612)[..3_000_000]);
        string check = $"p3ebpf btf-inspect check {truncated} lists everything wrong with it";

        Run("--btf", truncated).Output.Should().Contain(check);
        Document(Run("--btf", truncated, "--json")).GetProperty("findings")[0].GetProperty("action").GetString().Should().EndWith(check);
        string core = Run("--obj", "testdata/bpf/missing_field.bpf.o", "--btf", _btf[CapturedBtf.Kernel612]).Output;
        core.Should().Contain($"p3ebpf btf-inspect core testdata/bpf/missing_field.bpf.o --btf {_btf[CapturedBtf.Kernel612]} shows each relocation");
    }

    [Fact]
    public void The_log_may_come_through_a_pipe()
    {
        using Process process = Cli.Start(Cli.Words("btf-inspect", "doctor", "--log", "-", "--obj", Object, "--btf", _btf[CapturedBtf.Kernel612], "--json"), _environment);
        process.StandardInput.Write(Log);
        process.StandardInput.Close();

        Codes(Document(Cli.Finish(process)))[0].Should().Be("libbpf-older-than-reported");
    }

    [Fact]
    public void A_log_that_is_not_there_is_named()
    {
        CliResult result = Run("--log", "no/such.log");
        result.ExitCode.Should().Be(1, result.ToString());
        result.Error.Should().Contain("no/such.log: no such file");
    }

    [Fact]
    public void The_answer_is_in_Chinese_on_request_and_where_the_locale_is_and_codes_and_commands_stay()
    {
        string[] chosen = Run("--log", _log, "--obj", Object, "--btf", _btf[CapturedBtf.Kernel612], "--lang", "zh").Output.Split('\n');
        _environment["LC_ALL"] = "zh_CN.UTF-8";
        CliResult byLocale = Run("--log", _log, "--obj", Object, "--btf", _btf[CapturedBtf.Kernel612]);

        chosen[0].Should().Be(DoctorChinese.Of(new DoctorFinding(Code(chosen), 0, string.Empty, [])).Meaning);
        chosen[1].Should().StartWith("处理办法：");
        byLocale.Output.Split('\n')[0].Should().Be(chosen[0]);
        Run("--log", _log, "--lang", "en").Output.Should().NotContain("处理办法");
        Run("--lang", "fr").ExitCode.Should().Be(2);

        static string Code(string[] lines) => lines.First(line => line.StartsWith('[')).Split(' ', ']', '：').First(word => word.Contains('-', StringComparison.Ordinal));
    }

    [Fact]
    public void Every_finding_of_the_doctors_own_has_a_Chinese_text() =>
        typeof(DoctorFindingCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Should().BeSubsetOf(DoctorChinese.Known);
}
