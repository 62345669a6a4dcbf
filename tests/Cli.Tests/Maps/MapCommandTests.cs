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
}
