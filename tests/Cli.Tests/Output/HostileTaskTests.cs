namespace P3Ebpf.Cli.Tests.Output;

/// <summary>A task chooses its own name, and every user may run one.</summary>
[KernelTests]
public sealed class HostileTaskTests
{
    private const string Shown = @"ab\u001b[35m\u000acd";

    private static Worker StartTask() => new(@"ab\033[35m\ncd");

    [Fact]
    public void A_table_shows_its_name_escaped()
    {
        Requires.Tracepoints();
        using Worker task = StartTask();
        CliResult result = task.WorkDuring(() => Cli.Run("load", "--duration", "1"));
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Output.Should().Contain(Shown);
        HostileNameTests.Check(result.Output, "a table");
    }

    [Fact]
    public void The_live_table_shows_its_name_escaped()
    {
        Requires.Tracepoints();
        Requires.Program("script");
        using Worker task = StartTask();
        string command = string.Join(' ', Cli.Words("load", "--duration", "1.5").Select(word => $"'{word}'"));
        CliResult result = task.WorkDuring(() => Cli.Execute(
            ["script", "-qfec", $"stty rows 2000 cols 160; {command}", "/dev/null"], new Dictionary<string, string?> { ["TERM"] = "xterm-256color", ["NO_COLOR"] = "1" }));
        result.ExitCode.Should().Be(ExitCode.Done, result.ToString());
        result.Output.Should().Contain(Shown).And.NotContain("\e[35m");
    }
}
