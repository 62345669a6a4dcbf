namespace P3Ebpf.Cli.Output;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Bad input, a relocation without an answer, a rejected program, a missing pin.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>A privilege is missing, or the kernel lacks the feature: elsewhere the same command may succeed.</summary>
    public const int NotPermittedOrSupported = 3;

    /// <summary>Ended by SIGINT or SIGTERM.</summary>
    public const int Interrupted = 130;
}
