namespace P3Ebpf;

/// <summary>
/// Something is wrong with an input, or the kernel refused something. <see cref="Exception.Message"/> says what and where, <see cref="Hint"/> what to
/// do about it. Every exception that the libraries throw about files and the kernel is one.
/// </summary>
public abstract class EbpfException : Exception
{
    /// <summary>Describes a failure.</summary>
    /// <param name="message">What is wrong, and where: file, section, byte, type.</param>
    /// <param name="problem">The same without the place.</param>
    /// <param name="file">The file concerned, where one is known.</param>
    /// <param name="hint">What to do about it, where that can be said; a sentence.</param>
    /// <param name="inner">What caused it.</param>
    protected EbpfException(string message, string problem, string? file, string? hint, Exception? inner)
        : base(message, inner)
    {
        Problem = problem;
        File = file;
        Hint = hint;
    }

    /// <summary>What is wrong, without the place.</summary>
    public string Problem { get; }

    /// <summary>The file concerned, or what the bytes were called; <see langword="null"/> where that is not known.</summary>
    public string? File { get; }

    /// <summary>What to do about it; <see langword="null"/> where nothing can be said.</summary>
    public string? Hint { get; }

    /// <summary>The message, the hint, and where it was thrown.</summary>
    public override string ToString() => Hint is null ? base.ToString() : $"{base.ToString()}{Environment.NewLine}Hint: {Hint}";
}
