namespace P3Ebpf.Elf;

/// <summary>An ELF file is malformed, or uses what this reader does not support.</summary>
public sealed class ElfFormatException : EbpfException
{
    /// <summary>Describes one fault.</summary>
    /// <param name="code">What is wrong.</param>
    /// <param name="message">What is wrong with which values, and what to do; without place, which is added.</param>
    /// <param name="offset">Byte offset from the start of the file.</param>
    /// <param name="section">The section's name, where the fault is in one.</param>
    /// <param name="file">The file's path, where known.</param>
    /// <param name="innerException">The cause, where another exception is.</param>
    /// <param name="hint">What to do, where that can be said.</param>
    public ElfFormatException(
        ElfErrorCode code, string message, long offset = 0, string? section = null, string? file = null, Exception? innerException = null, string? hint = null)
        : base(Place(file, section, offset) + message, message, file, hint, innerException)
    {
        Code = code;
        Offset = offset;
        Section = section;
    }

    /// <summary>What is wrong.</summary>
    public ElfErrorCode Code { get; }

    /// <summary>Where, as a byte offset from the start of the file; in a compressed section, where the section starts.</summary>
    public long Offset { get; }

    /// <summary>The name of the section at fault; null for headers and segments.</summary>
    public string? Section { get; }

    private static string Place(string? file, string? section, long offset)
    {
        string place = section is null ? $"offset 0x{offset:x}: " : $"section '{section}', offset 0x{offset:x}: ";
        return file is null ? place : $"{file}: {place}";
    }
}
