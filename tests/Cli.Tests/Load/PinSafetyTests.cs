using P3Ebpf.Cli.Lottery;

namespace P3Ebpf.Cli.Tests.Load;

/// <summary>What is somebody else's stays as it is.</summary>
[KernelTests]
public sealed class PinSafetyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("p3ebpf-cli-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static BpfMap CreateHash(string name, int valueSize = 4) =>
        BpfMap.Create(new(name) { Type = BpfMapType.Hash, KeySize = 4, ValueSize = valueSize, MaxEntries = 4 });

    [Fact]
    public void A_symbolic_link_to_a_pin_is_not_followed()
    {
        using var bpffs = new PrivateBpfFs();
        using (BpfMap map = CreateHash("linked"))
            map.Pin(bpffs["pins/linked"]);
        string outside = Path.Combine(_directory, "link");
        File.CreateSymbolicLink(outside, bpffs["pins/linked"]);
        string inside = bpffs["inside"];
        File.CreateSymbolicLink(inside, bpffs["pins/linked"]);

        foreach (string link in (string[])[outside, inside])
        {
            CliResult result = Cli.Run("unload", "--map-pin", link);
            result.ExitCode.Should().Be(ExitCode.Failed, result.ToString());
            result.Output.Should().BeEmpty();
            result.Error.Should().Contain(link).And.Contain($"unpin what it leads to, {bpffs["pins/linked"]}");
            new FileInfo(link).LinkTarget.Should().NotBeNull();
        }

        File.Exists(bpffs["pins/linked"]).Should().BeTrue();
    }

    [Fact]
    public void A_directory_may_be_reached_through_a_symbolic_link_which_stays()
    {
        using var bpffs = new PrivateBpfFs();
        using (BpfMap map = CreateHash("linked"))
        {
            map.Pin(bpffs["one/linked"]);
        }

        using (BpfMap map = CreateHash("linked"))
            map.Pin(bpffs["two/linked"]);
        string one = Path.Combine(_directory, "one");
        string two = Path.Combine(_directory, "two");
        File.CreateSymbolicLink(one, bpffs["one"]);
        File.CreateSymbolicLink(two, bpffs["two"]);

        CliResult byDirectory = Cli.Run("unload", "--pin-dir", one);
        byDirectory.ExitCode.Should().Be(ExitCode.Done, byDirectory.ToString());
        CliResult byPin = Cli.Run("unload", "--map-pin", Path.Combine(two, "linked"));
        byPin.ExitCode.Should().Be(ExitCode.Done, byPin.ToString());

        bpffs.Entries.Should().BeEquivalentTo(bpffs["one"], bpffs["two"]);
        Directory.GetFileSystemEntries(_directory).Should().BeEquivalentTo(one, two);
    }

    [Fact]
    public void A_directory_in_which_nothing_was_pinned_stays()
    {
        using var bpffs = new PrivateBpfFs();
        Directory.CreateDirectory(bpffs["theirs"]);
        CliResult result = Cli.Run("unload", "--map-pin", bpffs["theirs/map"]);
        result.ExitCode.Should().Be(ExitCode.Failed, result.ToString());
        result.Output.Should().BeEmpty();
        bpffs.Entries.Should().Equal(bpffs["theirs"]);
    }

    [Theory]
    [InlineData("counters")]
    [InlineData("task_map")]
    public void Tickets_are_not_written_into_the_map_of_another_program(string name)
    {
        using var bpffs = new PrivateBpfFs();
        using BpfMap map = CreateHash(name, System.Runtime.CompilerServices.Unsafe.SizeOf<TaskRecord>());
        map.Pin(bpffs["theirs"]);

        System.Text.Json.JsonElement error = Cli.RunForJson(ExitCode.Failed, "tickets", "1", "7", "--map-pin", bpffs["theirs"]).GetProperty("error");

        error.GetProperty("code").GetString().Should().Be("wrong-map");
        error.GetProperty("message").GetString().Should().Contain($"it is called '{name}'");
        map.TryLookup([1, 0, 0, 0], new byte[map.ValueSize]).Should().BeFalse();
        Cli.Run("watch", "--map-pin", bpffs["theirs"]).ExitCode.Should().Be(ExitCode.Failed);
    }
}
