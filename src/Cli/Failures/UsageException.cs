namespace P3Ebpf.Cli.Failures;

/// <summary>Options that each are right do not go together.</summary>
internal sealed class UsageException(string message) : Exception(message);
