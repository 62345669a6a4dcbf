using System.Text.Json;

namespace P3Ebpf.Cli.Tests.Link;

/// <summary><c>link</c> writes one object and says of what.</summary>
public sealed class LinkCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("p3ebpf-link").FullName;

    private string Output => Path.Combine(_directory, "linked.o");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Objects_become_one()
    {
        JsonElement document = Cli.RunForJson(0, ["link", Output, .. Objects("main", "library", "more")]);
        document.EnumerateObject().Select(p => p.Name).Should().Equal("schema_version", "objects", "output", "bytes", "types", "sections", "unresolved");
        document.GetProperty("bytes").GetInt32().Should().Be((int)new FileInfo(Output).Length);
        document.GetProperty("sections").EnumerateArray().Select(s => s.GetProperty("name").GetString()).Should().Contain([".text", "socket", "tc", ".maps"]);
        BpfObjectSpec.Read(Output).Programs.Should().HaveCountGreaterThan(9);
    }

    [Fact]
    public void What_is_defined_nowhere_is_said_and_is_no_failure()
    {
        CliResult result = Cli.Run(["link", Output, .. Objects("main")]);
        result.ExitCode.Should().Be(0, result.ToString());
        result.Output.Should().BeEmpty();
        result.Error.Should().Contain("1 object,").And.Contain("defined nowhere yet: scale, ");
    }

    [Fact]
    public void Objects_that_do_not_go_together_are_named()
    {
        JsonElement error = Cli.RunForJson(1, ["link", Output, .. Objects("library", "other_symbol")]).GetProperty("error");
        error.GetProperty("code").GetString().Should().Be("duplicate-symbol");
        error.GetProperty("message").GetString().Should().Contain("library.bpf.o").And.Contain("other_symbol.bpf.o");
        error.GetProperty("hint").GetString().Should().Contain("__weak");
        Directory.GetFiles(_directory).Should().BeEmpty();
    }

    [Fact]
    public void Without_an_object_it_is_a_matter_of_usage() => Cli.Run("link", Output).ExitCode.Should().Be(2);

    private static IEnumerable<string> Objects(params string[] names) => names.Select(name => $"testdata/bpf/link/{name}.bpf.o");
}
