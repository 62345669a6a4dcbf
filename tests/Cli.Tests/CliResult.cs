namespace P3Ebpf.Cli.Tests;

/// <summary>What a run left.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error);
