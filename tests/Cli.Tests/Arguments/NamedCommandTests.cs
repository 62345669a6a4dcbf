using System.CommandLine;
using System.Text.RegularExpressions;

namespace P3Ebpf.Cli.Tests.Arguments;

/// <summary>Each command that a hint, an example or the documentation names exists, with the options it is named with.</summary>
public sealed partial class NamedCommandTests
{
    private static readonly RootCommand Root = CommandLine.CreateRoot();

    public static TheoryData<string> Examples => [.. Commands(Root).OfType<CliCommand>().SelectMany(command => Lines(command.Examples))];

    public static TheoryData<string> Documented => [.. Documents().SelectMany(Fenced)];

    [Theory]
    [MemberData(nameof(Examples))]
    [MemberData(nameof(Documented))]
    public void What_is_to_be_typed_parses(string line)
    {
        string[] words = [.. Words().Matches(line).Select(word => word.Value.Trim('\'', '"')).Skip(1)];

        Root.Parse(words).Errors.Should().BeEmpty(line);
    }

    /// <summary>Hints go on in prose after the command, so that its name and its options are looked at alone.</summary>
    [Fact]
    public void What_a_hint_names_exists()
    {
        string[] sources = [.. Directory.EnumerateFiles(TestData.PathOf("src"), "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains("/obj/", StringComparison.Ordinal))];
        string[] hints = [.. sources.SelectMany(File.ReadAllLines).SelectMany(line => Named().Matches(line).Select(match => match.Value)).Distinct()];
        hints.Should().HaveCountGreaterThan(10);

        foreach (string hint in hints)
        {
            Command command = Root;
            foreach (string word in hint.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1))
            {
                if (command.Subcommands.FirstOrDefault(each => each.Name == word) is { } next)
                    command = next;
                else if (word.StartsWith("--", StringComparison.Ordinal) && word != "--help")
                    command.Options.Concat(Root.Options).Select(option => option.Name).Should().Contain(word, hint);
                else
                    command.Subcommands.Should().BeEmpty($"'{word}' is no command: {hint}");
            }
        }
    }

    private static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(TestData.PathOf("docs"), "*.md", SearchOption.AllDirectories).Append(TestData.PathOf("README.md")).Select(File.ReadAllText);

    private static IEnumerable<string> Fenced(string document) => Fence().Matches(document).SelectMany(block => Lines(block.Value));

    /// <summary>The commands of a block, without what comes before them, what they are piped to, and remarks.</summary>
    private static IEnumerable<string> Lines(string block) =>
        block.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Select(line => Typed().Match(Remark().Replace(Substitution().Replace(line, "1"), string.Empty)))
            .Where(match => match.Success && !match.Value.Contains("...", StringComparison.Ordinal) && !match.Value.Contains('[', StringComparison.Ordinal) && !match.Value.Contains('…', StringComparison.Ordinal))
            .Select(match => match.Value.Trim()).Distinct();

    [GeneratedRegex(@"(?<=^\s*(\$ )?(sudo )?([^|]*\| (sudo )?)?)p3ebpf [^|>&;]+")]
    private static partial Regex Typed();

    // Two blanks separate a command from what is said about it.
    [GeneratedRegex(@"(?<=\S)\s{2,}.*$|\s#.*$")]
    private static partial Regex Remark();

    [GeneratedRegex(@"\$\([^)]*\)")]
    private static partial Regex Substitution();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("'[^']*'|\"[^\"]*\"|\\S+")]
    private static partial Regex Words();

    [GeneratedRegex(@"(?<![\w/.])p3ebpf (?:load|unload|watch|schedule|tickets|list|map|feature|gen|link|btf-inspect)(?: [a-z][a-z-]*(?![\w.]))?(?: [^\s"";<]+)*")]
    private static partial Regex Named();
}
