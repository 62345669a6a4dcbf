using System.Globalization;
using System.Text.Json;
using P3Ebpf.Cli.Tests.Load;
using P3Ebpf.Cli.Tests.Output;

namespace P3Ebpf.Cli.Tests.Maps;

[KernelTests]
public sealed class MapCommandTests
{
    private static string Pin(PrivateBpfFs bpffs, string map)
    {
        Requires.Kernel("5.8", "the helpers of the object");
        string path = bpffs[map];
        CliResult result = Cli.Run("load", WatchedProcess.Records, "--no-attach", "--map", map, "--map-pin", path);
        result.ExitCode.Should().Be(0, result.ToString());
        return path;
    }

    private static CliResult Map(params string[] words)
    {
        CliResult result = Cli.Run(["map", .. words]);
        result.ExitCode.Should().Be(0, result.ToString());
        return result;
    }

    [Fact]
    public void Entries_are_written_and_read_by_their_types()
    {
        using var bpffs = new PrivateBpfFs();
        string map = Pin(bpffs, "last");
        Map("set", map, "7", "{ pid = 3, kind = KIND_CALL, text = \"ab\" }");
        Map("get", map, "7").Output.Should().Be("{ pid = 3, kind = KIND_CALL, number = 0, text = \"ab\" }\n");
        Map("set", map, "0x7", "{\"number\": 12}");
        Map("dump", map).Output.Should().Be("7: { pid = 3, kind = KIND_CALL, number = 12, text = \"ab\" }\n", "what is not mentioned stays");
        Map("set", map, "hex:08000000", $"hex:{new string('0', 62)}01");

        JsonElement document = Cli.RunForJson(0, "map", "dump", map);
        document.GetProperty("type").GetString().Should().Be("hash");
        JsonElement entry = document.GetProperty("entries").EnumerateArray().Single(each => each.GetProperty("key").GetInt32() == 7);
        entry.GetProperty("value").GetProperty("kind").GetString().Should().Be("KIND_CALL");

        string id = document.GetProperty("id").GetUInt32().ToString(CultureInfo.InvariantCulture);
        Map("delete", id, "7");
        Cli.Run("map", "get", id, "7").ExitCode.Should().Be(1);
        Map("dump", map).Output.Should().StartWith("8: { pid = 0,").And.NotContain("\n7:");
    }

    [Fact]
    public void A_hostile_text_in_a_map_is_only_shown()
    {
        using var bpffs = new PrivateBpfFs();
        string map = Pin(bpffs, "last");
        Map("set", map, "1", "{ text = \"\\u001b[2J\\n!!\\u009b\" }");
        CliResult result = Map("dump", map);
        result.Output.Should().Contain("text = \"\\u001b[2J\\n!!\\u009b\"");
        HostileNameTests.Check(result.Output, "a dump");
        Cli.RunForJson(0, "map", "dump", map).GetProperty("entries")[0].GetProperty("value").GetProperty("text").GetString().Should().Be("\e[2J\n!!\u009b");
    }

    [Fact]
    public void A_map_with_a_value_for_each_CPU_shows_them_all()
    {
        using var bpffs = new PrivateBpfFs();
        string map = Pin(bpffs, "per_cpu");
        Map("set", map, "0", "5");
        Map("get", map, "0").Output.Should().StartWith("{ cpu0 = 5");
        JsonElement entry = Cli.RunForJson(0, "map", "get", map, "0").GetProperty("entries")[0];
        entry.GetProperty("values").EnumerateArray().Select(value => value.GetInt32()).Should().HaveCount(KernelCpus.PossibleCount).And.OnlyContain(value => value == 5);
        entry.TryGetProperty("value", out _).Should().BeFalse();
    }

    [Fact]
    public void A_queue_is_pushed_peeked_and_popped()
    {
        using var bpffs = new PrivateBpfFs();
        string map = Pin(bpffs, "waiting");
        Map("set", map, "1");
        Map("set", map, "2");
        Map("get", map).Output.Should().Be("1\n");
        Map("delete", map).Output.Should().Be("1\n");
        Cli.RunForJson(0, "map", "delete", map).GetProperty("entries")[0].GetProperty("value").GetInt32().Should().Be(2);
        Cli.Run("map", "delete", map).Error.Should().Contain("is empty");
        Cli.Run("map", "get", map, "1").ExitCode.Should().Be(ExitCode.Usage);
        Cli.Run("map", "dump", map).Error.Should().Contain("cannot be walked");
    }

    [Fact]
    public void Global_variables_are_a_map_too()
    {
        using var bpffs = new PrivateBpfFs();
        string map = bpffs["data"];
        Requires.Kernel("5.8", "the helpers of the object");
        Cli.Run("load", WatchedProcess.Records, "--no-attach", "--map", ".data", "--map-pin", map).ExitCode.Should().Be(0);
        Map("set", map, "0", "{ range = { low = -9 } }");
        Map("dump", map).Output.Should().Contain("range = { low = -9, high = 5 }").And.Contain("greeting = \"hello\"").And.Contain("kind = KIND_CALL");
    }

    [Theory]
    [InlineData("get MAP x", 1, "The key 'x' does not fit the map: 'x' is no number.")]
    [InlineData("get MAP", 2, "keys of 4 bytes; name one")]
    [InlineData("set MAP 1", 2, "takes a key and a value")]
    [InlineData("set MAP 1 5", 1, "The value '5' does not fit the map")]
    [InlineData("set MAP 1 hex:00", 1, "it has 1 bytes, not 32.")]
    [InlineData("delete MAP 99", 1, "There is no key 99 in map 'last'.")]
    [InlineData("dump no_such_map_anywhere", 1, "There is no map called 'no_such_map_anywhere' in the kernel.")]
    public void What_is_wrong_is_told(string arguments, int exitCode, string message)
    {
        using var bpffs = new PrivateBpfFs();
        string map = Pin(bpffs, "last");
        CliResult result = Cli.Run(["map", .. arguments.Split(' ').Select(word => word == "MAP" ? map : word)]);
        result.ExitCode.Should().Be(exitCode, result.ToString());
        result.Error.Should().Contain(message);
    }

    private static string[] PinKinds(PrivateBpfFs bpffs)
    {
        Requires.Kernel("5.8", "the helpers of the object");
        CliResult result = Cli.Run("load", "testdata/bpf/kinds.bpf.o", "--no-attach", "--pin-dir", bpffs["kinds"]);
        result.ExitCode.Should().Be(0, result.ToString());
        return [.. bpffs.Entries.Select(path => Path.GetFileName(path))];
    }

    [Fact]
    public void Every_kind_of_map_is_read_and_written()
    {
        using var bpffs = new PrivateBpfFs();
        PinKinds(bpffs).Should().Contain(["endpoints", "raw", "slots", "by_cpu", "routes", "queue", "stack", "maps_by_key", "tails", "ring"]);
        string Of(string map) => bpffs["kinds/" + map];

        const string Endpoint = "{ address = 2130706433, port = 80, unused = 0 }";
        Map("set", Of("endpoints"), "{ address = 0x7f000001, port = 80 }", "{ temperature = -5, level = HIGH, label = \"abc\" }");
        Map("dump", Of("endpoints")).Output.Should().Be($"{Endpoint}: {{ temperature = -5, level = HIGH, label = \"abc\" }}\n");
        Map("get", Of("endpoints"), Endpoint).Output.Should().Be("{ temperature = -5, level = HIGH, label = \"abc\" }\n", "a key can be given as it is shown");
        Map("delete", Of("endpoints"), "{\"address\": 2130706433, \"port\": 80}");
        Map("dump", Of("endpoints")).Output.Should().BeEmpty();

        Map("set", Of("raw"), "hex:010203040506", "hex:0a0b0c");
        Map("dump", Of("raw")).Output.Should().Be("hex:010203040506: hex:0a0b0c\n", "there are no types");
        Cli.RunForJson(0, "map", "get", Of("raw"), "hex:010203040506").GetProperty("entries")[0].GetProperty("value").GetString().Should().Be("hex:0a0b0c");

        Map("set", Of("slots"), "1", "-7");
        Map("dump", Of("slots")).Output.Should().Be("0: 0\n1: -7\n2: 0\n");

        Map("set", Of("by_cpu"), "5", "{ level = LOW }");
        Map("get", Of("by_cpu"), "5").Output.Should().StartWith("{ cpu0 = { temperature = 0, level = LOW, label = \"\" }");

        Map("set", Of("routes"), "{ length = 16, address = [10, 7] }", "HIGH");
        Map("set", Of("routes"), "{ length = 8, address = [10] }", "LOW");
        Map("get", Of("routes"), "{ length = 32, address = [10, 7, 9, 9] }").Output.Should().Be("HIGH\n", "the longest prefix counts");
        Map("get", Of("routes"), "{ length = 32, address = [10, 8, 9, 9] }").Output.Should().Be("LOW\n");

        Map("set", Of("stack"), "hex:" + new string('1', 32));
        Map("set", Of("stack"), "hex:" + new string('2', 32));
        Map("delete", Of("stack")).Output.Should().Be($"hex:{new string('2', 32)}\n", "the last comes first");
    }

    [Fact]
    public void Maps_and_programs_are_values_too()
    {
        using var bpffs = new PrivateBpfFs();
        _ = PinKinds(bpffs);
        string Of(string map) => bpffs["kinds/" + map];
        uint first = IdOf(Of("first"));
        uint second = IdOf(Of("second"));

        Map("dump", Of("maps_by_key")).Output.Should().Be($"1: map {first} (first)\n");
        Map("set", Of("maps_by_key"), "2", Of("second"));
        Map("set", Of("maps_by_key"), "3", second.ToString(CultureInfo.InvariantCulture));
        Cli.RunForJson(0, "map", "get", Of("maps_by_key"), "3").GetProperty("entries")[0].GetProperty("value").GetUInt32().Should().Be(second);
        Map("delete", Of("maps_by_key"), "1");
        Cli.Run("map", "set", Of("maps_by_key"), "1", Of("slots")).Error.Should().Contain("EINVAL").And.Contain("differs from what it was made for");

        Map("set", Of("tails"), "0", Of("pass"));
        Map("get", Of("tails"), "0").Output.Should().MatchRegex("^program [0-9]+ \\(pass\\)\n$");
        Map("delete", Of("tails"), "0");
        Map("dump", Of("tails")).Output.Should().BeEmpty();
        Cli.Run("map", "set", Of("tails"), "0", "no_such_program").Error.Should().Contain("There is no program called 'no_such_program'");

        static uint IdOf(string map) => Cli.RunForJson(0, "map", "dump", map).GetProperty("id").GetUInt32();
    }

    [Fact]
    public void What_a_kind_of_map_cannot_do_is_told()
    {
        using var bpffs = new PrivateBpfFs();
        _ = PinKinds(bpffs);
        foreach ((string arguments, int exitCode, string message) in new (string, int, string)[]
        {
            ("get MAPS/raw hex:0102", 1, "it has 2 bytes, not 6"),
            ("get MAPS/raw hex:zz", 1, "does not fit the map"),
            ("get MAPS/raw abcdefghi", 1, "keeps no type of the keys of this map"),
            ("set MAPS/slots 3 1", 1, "holds 3 entries at most"),
            ("delete MAPS/slots 1", 1, "always there; write zeroes instead"),
            ("set MAPS/routes {\"length\":40} LOW", 1, "at most 32 bits"),
            ("set MAPS/routes {\"length\":8} MIDDLE", 1, "there is LOW, HIGH"),
            ("get MAPS/endpoints {\"adress\":1}", 1, "it has address, port, unused"),
            ("set MAPS/queue 1 2", 2, "has no keys"),
            ("get MAPS/stack", 1, "is empty"),
            ("get MAPS/ring", 1, "has no entries"),
            ("set MAPS/ring 5", 1, "has no entries"),
            ("dump MAPS/ring", 1, "p3ebpf load shows what programs send through it"),
            ("get 4294967295 1", 1, "There is none with this id"),
            ("get MAPS/nope 1", 1, "Nothing is pinned there"),
            ("get MAPS/pass 1", 1, "not of the kind asked for"),
            ("dump /etc/passwd", 3, "not in a bpffs"),
        })
        {
            string[] words = [.. arguments.Split(' ').Select(word => word.Replace("MAPS", bpffs["kinds"], StringComparison.Ordinal))];
            CliResult result = Cli.Run(["map", .. words]);
            result.ExitCode.Should().Be(exitCode, $"{arguments}: {result}");
            result.Error.Should().Contain(message, arguments);

            JsonElement error = Cli.RunForJson(exitCode, ["map", .. words]).GetProperty("error");
            error.GetProperty("message").GetString().Should().NotBeEmpty();
            error.GetProperty("hint").GetString().Should().NotBeEmpty(arguments);
        }
    }
}
