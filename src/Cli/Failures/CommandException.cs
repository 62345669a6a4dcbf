namespace P3Ebpf.Cli.Failures;

/// <summary>A command cannot do what it was asked, for a reason that it found itself.</summary>
internal sealed class CommandException(string code, string message, string hint) : Exception(message)
{
    /// <summary>Identifies the reason for scripts.</summary>
    public string Code { get; } = code;

    /// <summary>What to do about it.</summary>
    public string Hint { get; } = hint;
}
