using System.Text.RegularExpressions;

namespace P3Ebpf.Cli.Tests;

/// <summary>What docs/completion.md tells users to put into their shell works there.</summary>
public sealed partial class CompletionTests
{
    [Theory]
    [InlineData("p3ebpf btf-", "btf-inspect")]
    [InlineData("p3ebpf load --du", "--duration")]
    [InlineData("p3ebpf btf-inspect dump --format ", "c json raw")]
    [InlineData("p3ebpf load ./some", "")]
    public void Bash_completes_commands_options_and_their_words(string line, string completions)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "there is no bash");
        string script = $$"""
            p3ebpf() { {{string.Join(' ', Cli.Words().Select(word => $"'{word}'"))}} "$@"; }
            {{BashSnippet().Match(File.ReadAllText(TestData.PathOf("docs/completion.md"))).Groups[1].Value}}
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<<"$1"
            [[ $1 != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _p3ebpf
            echo "${COMPREPLY[*]}"
            """;
        CliResult result = Cli.Execute(["/bin/bash", "-c", script, "bash", line]);
        result.Output.TrimEnd('\n').Should().Be(completions, result.Error);
    }

    [GeneratedRegex("```bash\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex BashSnippet();
}
