namespace P3Ebpf.Cli.Tests.Arguments;

/// <summary>Who names a group of commands and no command is shown what there is.</summary>
public sealed class HelpTests
{
    [Theory]
    [InlineData("", "load,unload,watch,tickets,link,btf-inspect")]
    [InlineData("btf-inspect", "check,dump,type,diff,core,min,extract,doctor")]
    public void A_group_alone_prints_its_help_as_a_matter_of_usage(string group, string commands)
    {
        string[] words = group.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        CliResult alone = Cli.Run(words);
        alone.ExitCode.Should().Be(2, alone.ToString());
        alone.Output.Should().BeEmpty();
        foreach (string command in commands.Split(','))
            alone.Error.Should().Contain($"\n  {command} ");

        CliResult help = Cli.Run([.. words, "--help"]);
        help.ExitCode.Should().Be(0, help.ToString());
        help.Output.Should().Be(alone.Error);

        Cli.RunForJson(2, words).GetProperty("error").GetProperty("code").GetString().Should().Be("usage");
    }

    [Fact]
    public void Help_and_version_are_data()
    {
        CliResult help = Cli.Run("load", "--help");
        help.ExitCode.Should().Be(0);
        help.Error.Should().BeEmpty();
        foreach (string option in (string[])["--obj", "--btf", "--prog", "--tracepoint", "--prog-pin", "--map-pin", "--link-pin", "--map", "--pin-dir", "--no-attach", "--duration", "--json", "Examples:"])
            help.Output.Should().Contain(option);

        CliResult version = Cli.Run("--version");
        version.ExitCode.Should().Be(0);
        version.Output.Should().MatchRegex(@"^\d+\.\d+\.\d+(-[a-z0-9.]+)?\n$");
    }
}
