namespace P3Ebpf.Cli.Tests.Arguments;

/// <summary>A command or option that there is not is a matter of usage, and the one that was meant is named.</summary>
public sealed class MisspellingTests
{
    [Theory]
    [InlineData("load --durationn 5", "There is no option '--durationn'. Did you mean --duration?")]
    [InlineData("load --durationn", "There is no option '--durationn'. Did you mean --duration?")]
    [InlineData("load --durationn=5", "There is no option '--durationn'. Did you mean --duration?")]
    [InlineData("load --dur 5", "There is no option '--dur'. Did you mean --duration?")]
    [InlineData("load --pin_dir /sys/fs/bpf/x", "There is no option '--pin_dir'. Did you mean --pin-dir?")]
    [InlineData("load --porg x", "There is no option '--porg'. Did you mean --prog?")]
    [InlineData("load prog.bpf.o --noattach", "There is no option '--noattach'. Did you mean --no-attach?")]
    [InlineData("load --lnik-pin x --jsno", "There is no option '--lnik-pin'. Did you mean --link-pin? There is no option '--jsno'. Did you mean --json?")]
    [InlineData("load --object x", "There is no option '--object'. Did you mean --obj?")]
    [InlineData("load -x", "There is no option '-x'.")]
    [InlineData("load --entirely-else", "There is no option '--entirely-else'.")]
    [InlineData("--hlep", "There is no option '--hlep'. Did you mean --help?")]
    [InlineData("unload --mappin x", "There is no option '--mappin'. Did you mean --map-pin?")]
    [InlineData("tickets 1 2 --map-pim x", "There is no option '--map-pim'. Did you mean --map-pin?")]
    [InlineData("btf-inspect core a.bpf.o --verbos", "There is no option '--verbos'. Did you mean --verbose?")]
    [InlineData("btf-inspect min a.bpf.o --bft x -o y", "There is no option '--bft'. Did you mean --btf?")]
    [InlineData("btf-inspect dump --frmat c", "There is no option '--frmat'. Did you mean --format?")]
    [InlineData("laod", "There is no command 'laod'. Did you mean load?")]
    [InlineData("wacth --map-pin x", "There is no command 'wacth'. Did you mean watch?")]
    [InlineData("btf_inspect check", "There is no command 'btf_inspect'. Did you mean btf-inspect?")]
    [InlineData("btf-inspect chekc x", "There is no command 'chekc'. Did you mean check?")]
    [InlineData("check vmlinux.btf", "There is no command 'check'. Did you mean p3ebpf btf-inspect check?")]
    [InlineData("btf-inspect load", "There is no command 'load'. Did you mean p3ebpf load?")]
    [InlineData("frobnicate", "There is no command 'frobnicate'.")]
    public void What_was_meant_is_named(string arguments, string message)
    {
        CliResult text = Cli.Run(arguments.Split(' '));
        text.ExitCode.Should().Be(ExitCode.Usage, text.ToString());
        text.Output.Should().BeEmpty();
        text.Error.Should().StartWith($"p3ebpf: {message}\nusage: p3ebpf ");
    }

    [Theory]
    [InlineData("load -- --duration")]
    [InlineData("load ./--duration")]
    [InlineData("btf-inspect check -- -x")]
    public void A_file_may_be_called_like_an_option(string arguments)
    {
        CliResult text = Cli.Run(arguments.Split(' '));
        text.ExitCode.Should().Be(ExitCode.Failed, text.ToString());
        text.Error.Should().Contain(": no such file");
    }

    [Fact]
    public void Help_is_given_whatever_else_is_misspelt() => Cli.Run("load", "--durationn", "--help").ExitCode.Should().Be(ExitCode.Done);
}
