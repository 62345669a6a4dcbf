using P3Ebpf.Cli.Failures;

namespace P3Ebpf.Cli.Output;

/// <summary>The members of a failure.</summary>
internal sealed record ErrorInfo(string Code, string Message, string? Errno, string? Hint)
{
    public static ErrorInfo From(Failure failure) => new(failure.Code, failure.Message, failure.Errno, failure.Hint);
}
