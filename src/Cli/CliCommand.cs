using System.CommandLine;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli;

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

/// <summary>A command cannot do what it was asked, for a reason that it found itself.</summary>
internal sealed class CommandException(string code, string message, string hint) : Exception(message)
{
    /// <summary>Identifies the reason for scripts.</summary>
    public string Code { get; } = code;

    /// <summary>What to do about it.</summary>
    public string Hint { get; } = hint;

    /// <summary>What the process tells its caller.</summary>
    public int ExitCode { get; init; } = Cli.ExitCode.Failed;
}

/// <summary>Options that each are right do not go together.</summary>
internal sealed class UsageException(string message) : Exception(message);
