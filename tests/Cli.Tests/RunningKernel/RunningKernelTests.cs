using System.Text.Json;
using P3Ebpf.Cli.Tests.Load;
using P3Ebpf.Cli.Tests.Output;

namespace P3Ebpf.Cli.Tests.RunningKernel;

/// <summary><c>list</c> and <c>feature</c> against what this process itself has put into the kernel.</summary>
[KernelTests]
public sealed class RunningKernelTests
{
    [Fact]
    public void What_is_pinned_and_held_is_listed_with_its_place()
    {
        Requires.Kernel("5.15", "pinned links of tracepoints");
        using var bpffs = new PrivateBpfFs();
        Cli.Run("load", "--pin-dir", bpffs["all"]).ExitCode.Should().Be(0);
        using BpfProgram held = BpfProgram.FromPin(bpffs["all/handle_sched_switch"]);
        BpfProgramInfo info = held.GetInfo();

        JsonElement program = Cli.RunForJson(0, "list", "prog").GetProperty("programs").EnumerateArray().Single(each => each.GetProperty("id").GetUInt32() == info.Id);
        program.GetProperty("name").GetString().Should().Be(info.Name);
        program.GetProperty("type").GetString().Should().Be("tracepoint");
        program.GetProperty("tag").GetString().Should().Be(info.Tag);
        program.GetProperty("held_by").EnumerateArray().Select(each => each.GetProperty("pid").GetInt32()).Should().Equal(Environment.ProcessId);
        JsonElement link = program.GetProperty("links").EnumerateArray().Single();
        link.GetProperty("type").GetString().Should().Be("perf_event");
        uint linkId = link.GetProperty("id").GetUInt32();

        Cli.RunForJson(0, "list", "link").GetProperty("links").EnumerateArray().Single(each => each.GetProperty("id").GetUInt32() == linkId)
            .GetProperty("program_id").GetUInt32().Should().Be(info.Id);
        BpfReference.FindAll().Should().ContainSingle(each => each.Kind == BpfObjectKind.Link && each.Id == linkId).Which.PinPath.Should().Be(bpffs["all/handle_sched_switch_link"]);
        JsonElement map = Cli.RunForJson(0, "list", "map").GetProperty("maps").EnumerateArray()
            .Single(each => each.GetProperty("name").GetString() == "task_map" && each.GetProperty("program_ids").EnumerateArray().Any(id => id.GetUInt32() == info.Id));
        map.GetProperty("key_size").GetInt32().Should().Be(4);

        CliResult text = Cli.Run("list");
        text.ExitCode.Should().Be(0, text.ToString());
        text.Output.Should().MatchRegex(@"(?m)^ *PROG  TYPE").And.MatchRegex($@"(?m)^ *{info.Id}  tracepoint +handle_sched_sw +.*\({Environment.ProcessId}\)");
        text.Output.Should().MatchRegex($@"(?m)^ *{linkId}  perf_event +prog {info.Id} ").And.MatchRegex(@"(?m)^ *\d+  vmlinux +\d+");
        if (Environment.OSVersion.Version >= new Version(6, 6))
            link.GetProperty("place").GetString().Should().Be("tracepoint sched_switch");
        HostileNameTests.Check(text.Output, "a list");
    }

    [Fact]
    public void Pins_are_listed_where_bpffs_is_mounted()
    {
        Requires.Kernel("5.8", "the helpers of the object");
        using var bpffs = new PrivateBpfFs();
        Cli.Run("load", WatchedProcess.Records, "--no-attach", "--map", "last", "--map-pin", bpffs["last"]).ExitCode.Should().Be(0);
        Cli.RunForJson(0, "list", "map").GetProperty("maps").EnumerateArray().SelectMany(map => map.GetProperty("pins").EnumerateArray()).Select(pin => pin.GetString())
            .Should().Contain(bpffs["last"]);
    }

    [Fact]
    public void Only_what_was_asked_for_is_listed()
    {
        Requires.Bpf();
        Cli.RunForJson(0, "list", "struct_ops").EnumerateObject().Select(each => each.Name).Should().Equal("schema_version", "struct_ops");
        CliResult wrong = Cli.Run("list", "nonsense");
        wrong.ExitCode.Should().Be(ExitCode.Usage);
    }

    [Fact]
    public void Features_agree_with_the_version_of_the_kernel()
    {
        Requires.Kernel("5.10", "most of what is asked");
        JsonElement document = Cli.RunForJson(0, "feature");
        Version here = Version.Parse(document.GetProperty("version").GetString()!);
        foreach (string kind in (string[])["program_types", "map_types"])
        {
            foreach (JsonElement feature in document.GetProperty(kind).EnumerateArray())
            {
                bool isKnown = Version.Parse(feature.GetProperty("since").GetString()!) <= here;
                if (feature.GetProperty("supported").ValueKind == JsonValueKind.True)
                    isKnown.Should().BeTrue($"{feature} is there");
            }
        }

        Supported("map_types", "hash").Should().BeTrue();
        Supported("map_types", "ringbuf").Should().BeTrue();
        Supported("map_types", "task_storage").Should().Be(here >= new Version(5, 11));
        Supported("program_types", "xdp").Should().BeTrue();
        Supported("program_types", "socket_filter").Should().BeTrue();
        string[] xdp = [.. document.GetProperty("helpers").GetProperty("xdp").EnumerateArray().Select(each => each.GetString()!)];
        xdp.Should().Contain("map_lookup_elem").And.Contain("xdp_adjust_head").And.Contain("redirect_map").And.NotContain("skb_store_bytes").And.NotContain("override_return");
        document.GetProperty("helpers").GetProperty("raw_tracepoint").EnumerateArray().Select(each => each.GetString()).Should().Contain("get_current_comm");
        foreach (JsonProperty helper in document.GetProperty("helper_versions").EnumerateObject())
            (Version.Parse(helper.Value.GetString()!) <= new Version(here.Major, here.Minor)).Should().BeTrue($"{helper} is there");
        Cli.Run("feature").Output.Should().Contain("PROGRAM TYPE").And.MatchRegex(@"(?m)^xdp +yes +4\.8$").And.MatchRegex(@"(?m)^map_lookup_elem +3\.19 +");

        bool Supported(string kind, string name) =>
            document.GetProperty(kind).EnumerateArray().Single(each => each.GetProperty("name").GetString() == name).GetProperty("supported").GetBoolean();
    }
}
