namespace P3Ebpf.Cli.Output;

/// <summary>A command cannot do what it was asked, for a reason that it found itself.</summary>
internal sealed class CommandException(string code, string message, string hint) : Exception(message)
{
    /// <summary>Identifies the reason for scripts.</summary>
    public string Code { get; } = code;

    /// <summary>What to do about it.</summary>
    public string Hint { get; } = hint;

    /// <summary>What the process tells its caller.</summary>
    public int ExitCode { get; init; } = Output.ExitCode.Failed;
}

/// <summary>Options that each are right do not go together.</summary>
internal sealed class UsageException(string message) : Exception(message);
