using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace P3Ebpf.Cli.Arguments;

/// <summary>The generated help, with the command's examples below it.</summary>
internal sealed class ExamplesHelp(string rootExamples) : SynchronousCommandLineAction
{
    private const int MaximumWidth = 120;

    private readonly HelpAction _generated = new() { MaxWidth = MaximumWidth };

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = _generated.Invoke(parseResult);
        string? examples = parseResult.CommandResult.Command switch
        {
            CliCommand command => command.Examples,
            RootCommand => rootExamples,
            _ => null,
        };
        if (examples is not null)
            parseResult.InvocationConfiguration.Output.WriteLine($"Examples:\n{examples}");
        return exitCode;
    }
}
