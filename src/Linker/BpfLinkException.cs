using System.Text;

namespace P3Ebpf.Linker;

/// <summary>Why objects cannot be linked.</summary>
public enum BpfLinkErrorCode
{
    /// <summary>A file is ELF, but no relocatable BPF object.</summary>
    NotABpfObject,

    /// <summary>A file contradicts itself.</summary>
    Malformed,

    /// <summary>A file uses something that BPF objects do not have, or that cannot be merged.</summary>
    Unsupported,

    /// <summary>The files differ in byte order.</summary>
    ByteOrderMismatch,

    /// <summary>Sections of one name differ in type, flags or entry size, or a declaration names another section than the definition.</summary>
    SectionMismatch,

    /// <summary>The files differ in their licence or their kernel version.</summary>
    ContentMismatch,

    /// <summary>Two files define one global symbol, and neither definition is weak.</summary>
    DuplicateSymbol,

    /// <summary>A declaration of a symbol has another type than its definition.</summary>
    TypeMismatch,

    /// <summary>A symbol that has to be resolved is not described by BTF.</summary>
    MissingTypes,

    /// <summary>The result would exceed <see cref="BpfLinkOptions.MaxSize"/>, or what an ELF file can count.</summary>
    TooLarge,
}

/// <summary>Objects cannot be linked. The message names file, section, place and symbol; the hint says what to do.</summary>
public sealed class BpfLinkException : EbpfException
{
    /// <summary>Describes one obstacle.</summary>
    /// <param name="code">What is wrong.</param>
    /// <param name="problem">One sentence, without the place.</param>
    /// <param name="file">The object at fault.</param>
    /// <param name="section">The ELF section, where one is concerned.</param>
    /// <param name="offset">Bytes from the start of the section, or -1.</param>
    /// <param name="hint">What to do, where that can be said.</param>
    /// <param name="inner">What caused it.</param>
    public BpfLinkException(
        BpfLinkErrorCode code, string problem, string? file = null, string? section = null, long offset = -1, string? hint = null, Exception? inner = null)
        : base(Describe(problem, file, section, offset), problem, file, hint, inner)
    {
        Code = code;
        Section = section;
        Offset = offset;
    }

    /// <summary>What is wrong.</summary>
    public BpfLinkErrorCode Code { get; }

    /// <summary>The object that it does not go together with, where two are concerned.</summary>
    public string? OtherFile { get; init; }

    /// <summary>The ELF section, where one is concerned.</summary>
    public string? Section { get; }

    /// <summary>Bytes from the start of the section, or -1.</summary>
    public long Offset { get; }

    /// <summary>The symbol, where one is concerned.</summary>
    public string? Symbol { get; init; }

    private static string Describe(string problem, string? file, string? section, long offset)
    {
        var text = new StringBuilder();
        if (file is not null)
            _ = text.Append(file).Append(": ");
        if (section is not null)
            _ = text.Append("section ").Append(section).Append(offset >= 0 ? $" at byte {offset}: " : ": ");
        return text.Append(problem).ToString();
    }
}
