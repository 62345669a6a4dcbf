using System.CommandLine;

namespace P3Ebpf.Cli.Arguments;

/// <summary>A command that does something. Whatever it throws becomes a message and an exit code here, and nowhere else.</summary>
internal abstract class CliCommand : Command
{
    protected CliCommand(string name, string description, string examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction(Execute);
    }

    /// <summary>Understood by every command.</summary>
    public static Option<bool> Json { get; } =
        new("--json") { Description = "Print one JSON document on standard output, errors too.", Recursive = true };

    /// <summary>Command lines to show in the help, indented by two spaces.</summary>
    public string Examples { get; }

    /// <summary>Does the work.</summary>
    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult arguments, Invocation invocation);

    private int Execute(ParseResult arguments)
    {
        using var invocation = new Invocation(arguments.GetValue(Json));
        try
        {
            return Run(arguments, invocation);
        }
        catch (UsageException e)
        {
            return invocation.Report(Failure.From(e) with { Hint = UsageErrors.UsageOf(arguments.CommandResult) });
        }
#pragma warning disable CA1031 // the one place where failures become messages
        catch (Exception e)
#pragma warning restore CA1031
        {
            return invocation.Report(Failure.From(e));
        }
    }
}
