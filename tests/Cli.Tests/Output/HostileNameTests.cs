using System.Globalization;
using System.Text;
using System.Text.Json;
using P3Ebpf.Btf;
using P3Ebpf.Cli.Tests.BtfInspect;

namespace P3Ebpf.Cli.Tests.Output;

/// <summary>Whatever a name holds, and wherever it comes from, a terminal shows it and does nothing else.</summary>
public sealed class HostileNameTests(CapturedBtfFiles btf) : IClassFixture<CapturedBtfFiles>
{
    private const string Lottery = "bpf/sched_lottery.bpf.o";

    private static readonly string[] Sound =
    [
        "handle_sched_switch", "trace_event_raw_sched_switch", "sched_lottery.bpf.c", "sched_lottery.h", "task_struct___before_5_14", "task_struct", "task_record",
        "task_map", "user_tickets",
    ];

    /// <summary>Program, types, members, source files and lines, the map, and the section behind its kind.</summary>
    private string Object => btf.Write("hostile.bpf.o", HostileObject.Build(
        File.ReadAllBytes(TestData.PathOf(Lottery)),
        [
            ("tracepoint/sched/sched_switch", HostileObject.NameLike("tracepoint/sched/sched_switch", prefix: "tracepoint/sched/".Length)),
            .. Sound.Select(name => (name, HostileObject.NameLike(name))),
        ]));

    /// <summary>Every kind of type, with hostile names wherever BTF has names.</summary>
    private string Types(string name, string mark = "")
    {
        string hostile = $"\e[2J\n{HostileObject.Forged}\u009b\u202e\u007f\r\t{mark}";
        var builder = new BtfBuilder();
        BtfTypeId number = builder.AddInt($"int{hostile}", 4, BtfIntEncoding.Signed);
        BtfTypeId inner = builder.AddStruct($"s{hostile}", 8, new BtfMember($"m{hostile}", number, 0, 0), new BtfMember($"n{hostile}{mark}", number, 32, 0));
        builder.AddUnion($"u{hostile}", 8, new BtfMember($"m{hostile}", inner, 0, 0));
        BtfTypeId values = builder.AddEnum($"e{hostile}", 4, isSigned: false, ($"A{hostile}", mark.Length));
        builder.AddEnum64($"e64{hostile}", 8, isSigned: false, ($"B{hostile}", 2));
        builder.AddFwd($"f{hostile}");
        BtfTypeId alias = builder.AddTypedef($"t{hostile}", builder.AddPtr(inner));
        BtfTypeId prototype = builder.AddFuncProto(number, new BtfParameter($"p{hostile}", alias));
        BtfTypeId function = builder.AddFunc($"fn{hostile}", prototype, BtfLinkage.Global);
        BtfTypeId variable = builder.AddVar($"v{hostile}", values, BtfLinkage.Global);
        builder.AddDataSec($".d{hostile}", 4, new BtfSectionVariable(variable, 0, 4));
        builder.AddFloat($"fl{hostile}", 8);
        builder.AddDeclTag($"tag{hostile}", function);
        builder.AddTypedef($"tagged{hostile}", builder.AddPtr(builder.AddTypeTag($"tt{hostile}", inner)));
        return btf.Write(name, builder.ToArray());
    }

    /// <summary>No control character but the tool's own line feeds and indentation, none that orders text, and no line that the tool did not begin.</summary>
    internal static void Check(string text, string because)
    {
        string[] lines = text.Split('\n');
        foreach (string line in lines)
        {
            line.TrimStart('\t').EnumerateRunes().Where(rune => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format)
                .Should().BeEmpty(because);
            line.Should().NotStartWith(HostileObject.Forged, because);
        }
    }

    private static CliResult Check(params IEnumerable<string> arguments)
    {
        CliResult result = Cli.Run(arguments);
        string command = Printable.Of(string.Join(' ', arguments));
        Check(result.Output, command);
        Check(result.Error, command);
        result.Error.Should().NotContain("Unexpected");
        return result;
    }

    [Fact]
    public void An_object_shows_its_names_escaped()
    {
        string path = Object;
        string kernel = btf[CapturedBtf.Kernel510];

        Check("btf-inspect", "core", path, "--btf", kernel).Output.Should().Contain(@"s\u001b[J\u000a!!\u009b\u202e\u007f");
        Check("btf-inspect", "core", path, "--btf", kernel, "--btf", btf[CapturedBtf.Kernel72]);
        Check("btf-inspect", "core", path, "--btf", kernel, "--verbose").Output.Should().Contain(@"h\u001b[J\u000a!!").And.Contain(@"(struct t\u001b[J\u000a!!");
        JsonDocument.Parse(Check("btf-inspect", "core", path, "--btf", kernel, "--json").Output).RootElement.GetProperty("targets")[0].GetProperty("programs")[0]
            .GetProperty("section").GetString().Should().StartWith("tracepoint/sched/\e[J\n!!\u009b\u202e");
        Check("btf-inspect", "check", path);
        Check("btf-inspect", "dump", path);
        Check("btf-inspect", "min", path, "--btf", kernel, "-o", Path.Combine(btf.NewDirectory(), "out\e[2J.btf"));
        Check("btf-inspect", "doctor", "--obj", path, "--btf", kernel);
        Check("btf-inspect", "doctor", "--obj", path, "--btf", kernel, "--json");
        Check("load", path, "--duration", "0.1").ExitCode.Should().NotBe(0, "there is no such tracepoint");
        Check("load", path, "--prog", "nobody").Error.Should().Contain(@"h\u001b[J\u000a!!");
        Check("load", path, "--map-pin", "/tmp/x", "--map", "nobody").Error.Should().Contain(@"t\u001b[J\u000a!!");
    }

    [Fact]
    public void A_BTF_shows_its_names_escaped()
    {
        string path = Types("hostile.btf");
        string name = $"s\e[2J\n{HostileObject.Forged}\u009b\u202e\u007f\r\t";

        Check("btf-inspect", "check", path);
        Check("btf-inspect", "dump", path).Output.Should().Contain(@"STRUCT 's\u001b[2J\u000a!!\u009b\u202e\u007f\u000d\u0009' size=8");
        Check("btf-inspect", "dump", path, "--format", "c");
        string json = Check("btf-inspect", "dump", path, "--format", "json").Output;
        JsonDocument.Parse(json).RootElement.GetProperty("types").EnumerateArray().Select(type => type.GetProperty("name").GetString()).Should().Contain(name);
        Check("btf-inspect", "type", name, "--btf", path).Output.Should().Contain(@"s\u001b[2J\u000a!!\u009b\u202e\u007f\u000d\u0009 {");
        foreach (string each in (string[])["u", "e", "t", "f", "fn", "v", "nothing"])
            Check("btf-inspect", "type", each + name[1..], "--btf", path);
        Check("btf-inspect", "type", name, "--btf", path, "--json").Output.Should().ContainEquivalentOf(@"\u202e");
        Check("btf-inspect", "diff", path, Types("other.btf", "x")).Output.Should().Contain(@"+ struct s\u001b[2J\u000a!!");
        Check("btf-inspect", "diff", path, Types("third.btf", "x"), "--json");
    }

    [Fact]
    public void Bytes_that_are_no_text_become_replacement_characters()
    {
        var builder = new BtfBuilder();
        builder.AddFloat("XYZ-XYZ", 4);
        byte[] bytes = builder.ToArray();
        int at = bytes.AsSpan().IndexOf("XYZ-XYZ"u8);
        (bytes[at], bytes[at + 1], bytes[at + 2]) = (0x9b, 0xed, 0xa0); // CSI of Latin-1, half a surrogate
        string path = btf.Write("latin.btf", bytes);

        Check("btf-inspect", "dump", path).Output.Should().MatchRegex("FLOAT '\ufffd+-XYZ' size=4");
        JsonDocument.Parse(Check("btf-inspect", "dump", path, "--format", "json").Output);
    }

    [Fact]
    public void Sound_names_are_what_they_were()
    {
        string path = btf[CapturedBtf.Kernel510];
        BtfSpec spec = P3Ebpf.Loader.Running.BtfFile.Read(path);
        using var expected = new MemoryStream();
        BtfRawPrinter.Write(spec, expected);
        Cli.Run("btf-inspect", "dump", path).Output.Should().Be(Encoding.UTF8.GetString(expected.ToArray()));
    }

    [Theory]
    [InlineData("ARG")]
    [InlineData("--ARG")]
    [InlineData("load --ARG")]
    [InlineData("load ARG")]
    [InlineData("load --duration ARG")]
    [InlineData("load --tracepoint ARG")]
    [InlineData("load --btf ARG")]
    [InlineData("load --prog ARG")]
    [InlineData("load --prog-pin /tmp/ARG")]
    [InlineData("unload --map-pin ARG")]
    [InlineData("unload --pin-dir ARG")]
    [InlineData("watch --map-pin ARG")]
    [InlineData("tickets ARG 1 --map-pin x")]
    [InlineData("tickets 1 ARG --map-pin ARG")]
    [InlineData("btf-inspect ARG")]
    [InlineData("btf-inspect check ARG")]
    [InlineData("btf-inspect dump --format ARG")]
    [InlineData("btf-inspect dump --id ARG")]
    [InlineData("btf-inspect type ARG --btf bpf/sched_lottery.bpf.o")]
    [InlineData("btf-inspect core ARG")]
    [InlineData("btf-inspect extract bpf/sched_lottery.bpf.o -o /no/ARG")]
    [InlineData("btf-inspect doctor --log ARG --obj ARG")]
    public void Arguments_are_shown_escaped(string arguments)
    {
        string hostile = $"x\e[2J\n{HostileObject.Forged}\u009b\u202e";
        string[] words = [.. arguments.Split(' ').Select(word => word.Replace("ARG", hostile, StringComparison.Ordinal))];

        CliResult text = Check(words);
        text.ExitCode.Should().BeOneOf(1, 2, 3);
        text.Error.Should().Contain(@"x\u001b[2J\u000a!!");
        string json = Check([.. words, "--json"]).Output;
        JsonDocument.Parse(json).RootElement.GetProperty("error").GetProperty("message").GetString().Should().Contain("x\e[2J\n!!\u009b\u202e");
    }

    [Fact]
    public void A_log_cannot_speak_through_the_doctor()
    {
        string log = btf.Write("hostile.log", Encoding.UTF8.GetBytes("libbpf: failed to parse target BTF: -22\e[2J\u202e\r!!\nlibbpf: prog 'x\e[2J': failed to load: -22\n"));
        Check("btf-inspect", "doctor", "--log", log, "--obj", Lottery, "--btf", btf[CapturedBtf.Kernel510]);
    }
}
