using System.CommandLine;
using System.CommandLine.Parsing;

namespace P3Ebpf.Cli.Arguments;

/// <summary>Says what is wrong with a command line, what may have been meant, and in one line how it should look.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult parsed)
    {
        using var invocation = new Invocation(parsed.GetValue(CliCommand.Json));
        return invocation.Report(new Failure(ExitCode.Usage, "usage", MessageOf(parsed)) { Hint = UsageOf(parsed.CommandResult) });
    }

    /// <summary>Whether the command line only names a group of commands, if that: who writes it wants to know what there is.</summary>
    public static bool LacksCommand(ParseResult parsed) => parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0;

    /// <summary>
    /// Words that look like options and are none. The parser takes one for an argument where an argument may stand; but a file with such a name
    /// can be written as <c>./--name</c> or behind <c>--</c>, and a misspelt option cannot be seen otherwise.
    /// </summary>
    public static IReadOnlyList<string> UnknownOptions(ParseResult parsed)
    {
        HashSet<Token> values = new(OptionsOf(parsed.CommandResult).SelectMany(option => option.Tokens), ReferenceEqualityComparer.Instance);
        return
        [
            .. parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
                .Where(token => token.Type == TokenType.Argument && LooksLikeOption(token.Value) && !values.Contains(token))
                .Select(token => token.Value.Split('=', ':')[0])
                .Distinct(),
        ];
    }

    /// <summary>One line: the command's words, its arguments, and where to read more.</summary>
    public static string UsageOf(CommandResult result)
    {
        Command command = result.Command;
        string path = PathOf(command);
        string arguments = string.Concat(command.Arguments.Select(Label));
        string rest = command.Subcommands.Count > 0 ? " COMMAND …" : $"{arguments} [options]";
        return $"usage: {path}{rest}; see {path} --help";
    }

    private static IEnumerable<OptionResult> OptionsOf(CommandResult? result) =>
        result is null ? [] : result.Children.OfType<OptionResult>().Concat(OptionsOf(result.Parent as CommandResult));

    private static bool LooksLikeOption(string word) => word.StartsWith("--", StringComparison.Ordinal) || (word.Length > 1 && word[0] == '-' && char.IsLetter(word[1]));

    /// <summary>A word that nobody knows is the cause of the other errors.</summary>
    private static string MessageOf(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [{ } word, ..] && !LooksLikeOption(word))
            return $"There is no command '{word}'.{DidYouMean(NearestCommands(word, command))}";
        if (UnknownOptions(parsed) is { Count: > 0 } options)
            return string.Join(" ", options.Select(option => $"There is no option '{option}'.{DidYouMean(NearestName.To(option, OptionNames(command)))}"));

        string[] all = [.. parsed.Errors.Select(error => OnOneLine(error.Message)).Distinct()];
        string[] unknown = [.. all.Where(message => parsed.UnmatchedTokens.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal)))];
        return string.Join(" ", unknown.Length > 0 ? unknown : all);
    }

    /// <summary>The parser puts each of the possible values on a line of its own, behind a tab.</summary>
    private static string OnOneLine(string message) => message.Replace("\n\t", " ", StringComparison.Ordinal);

    private static string DidYouMean(IReadOnlyList<string> names) => names.Count == 0 ? string.Empty : $" Did you mean {string.Join(" or ", names)}?";

    private static IEnumerable<string> OptionNames(Command command)
    {
        IEnumerable<Option> inherited = command.Parents.OfType<Command>().SelectMany(AllAbove).Where(option => option.Recursive);
        return command.Options.Concat(inherited).SelectMany(option => (IEnumerable<string>)[option.Name, .. option.Aliases]).Where(name => name.StartsWith("--", StringComparison.Ordinal));

        static IEnumerable<Option> AllAbove(Command command) => command.Options.Concat(command.Parents.OfType<Command>().SelectMany(AllAbove));
    }

    /// <summary>Those of the group itself, by their names; else those of another group, with all their words.</summary>
    private static IReadOnlyList<string> NearestCommands(string word, Command group)
    {
        if (NearestName.To(word, group.Subcommands.Select(command => command.Name)) is { Count: > 0 } near)
            return near;
        Command root = group;
        while (root.Parents.OfType<Command>().FirstOrDefault() is { } parent)
            root = parent;
        Command[] all = [.. root.Subcommands, .. root.Subcommands.SelectMany(command => command.Subcommands)];
        IReadOnlyList<string> names = NearestName.To(word, all.Select(command => command.Name));
        return [.. all.Where(command => names.Contains(command.Name)).Select(PathOf)];
    }

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : "p3ebpf";

    private static string Label(Argument argument)
    {
        string name = argument.HelpName ?? argument.Name;
        string repeated = argument.Arity.MaximumNumberOfValues > 1 ? $"{name} ..." : name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{repeated}]" : $" {repeated}";
    }
}
