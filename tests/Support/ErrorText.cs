using FluentAssertions.Specialized;

namespace P3Ebpf.TestSupport;

internal static class ErrorText
{
    /// <summary>The message with the hint after it, as a person reads them.</summary>
    public static ExceptionAssertions<T> WithText<T>(this ExceptionAssertions<T> thrown, string pattern)
        where T : EbpfException
    {
        _ = $"{thrown.Which.Message} {thrown.Which.Hint}".Should().Match(pattern);
        return thrown;
    }
}
