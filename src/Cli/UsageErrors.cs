using System.CommandLine;
using System.CommandLine.Parsing;
using P3Ebpf.Cli.Commands;
using P3Ebpf.Cli.Failures;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli;

/// <summary>Says what is wrong with a command line, and in one line how it should look.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult parsed)
    {
        using var invocation = new Invocation(parsed.GetValue(CliCommand.Json));
        return invocation.Report(new Failure(ExitCode.Usage, "usage", MessageOf(parsed)) { Hint = UsageOf(parsed.CommandResult) });
    }

    /// <summary>Whether the command line only names a group of commands, if that: who writes it wants to know what there is.</summary>
    public static bool LacksCommand(ParseResult parsed) => parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0;

    /// <summary>A word that nobody knows is the cause of the other errors.</summary>
    private static string MessageOf(ParseResult parsed)
    {
        string[] all = [.. parsed.Errors.Select(error => error.Message).Distinct()];
        string[] unknown = [.. all.Where(message => parsed.UnmatchedTokens.Any(word => message.Contains($"'{word}'", StringComparison.Ordinal)))];
        return string.Join(" ", unknown.Length > 0 ? unknown : all);
    }

    /// <summary>One line: the command's words, its arguments, and where to read more.</summary>
    public static string UsageOf(CommandResult result)
    {
        Command command = result.Command;
        string path = PathOf(result);
        string arguments = string.Concat(command.Arguments.Select(Label));
        string rest = command.Subcommands.Count > 0 ? " COMMAND …" : $"{arguments} [options]";
        return $"usage: {path}{rest}; see {path} --help";
    }

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "p3ebpf";

    private static string Label(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name;
        string repeated = argument.Arity.MaximumNumberOfValues > 1 ? $"{name} ..." : name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{repeated}]" : $" {repeated}";
    }
}
