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

/// <summary>What is wrong with an ELF file.</summary>
public enum ElfErrorCode
{
    /// <summary>The path names a directory, pipe or device.</summary>
    NotAFile,

    /// <summary>There are no bytes.</summary>
    Empty,

    /// <summary>The first four bytes are not those of an ELF file.</summary>
    NotElf,

    /// <summary>The file ends inside its header, or became shorter while it was read.</summary>
    Truncated,

    /// <summary><c>e_ident[EI_CLASS]</c> is neither 32 nor 64 bit.</summary>
    UnknownClass,

    /// <summary><c>e_ident[EI_DATA]</c> is neither byte order.</summary>
    UnknownByteOrder,

    /// <summary><c>e_ident[EI_VERSION]</c> is not 1.</summary>
    UnknownVersion,

    /// <summary>An entry size is not that of the table's structure.</summary>
    BadEntrySize,

    /// <summary>A table's size is not a multiple of its entry size, or a table is smaller than the one it belongs to.</summary>
    BadTableSize,

    /// <summary>The section header table is not inside the file.</summary>
    SectionTableOutOfRange,

    /// <summary>The program header table is not inside the file.</summary>
    SegmentTableOutOfRange,

    /// <summary>A section's bytes are not inside the file.</summary>
    SectionOutOfRange,

    /// <summary>A segment's bytes are not inside the file.</summary>
    SegmentOutOfRange,

    /// <summary>A reference to a section that does not exist.</summary>
    BadSectionIndex,

    /// <summary>A section used as a string table is not one.</summary>
    NotAStringTable,

    /// <summary>A string's offset is outside its table, or the string is not terminated.</summary>
    BadString,

    /// <summary>A note's name or descriptor does not fit its section or segment.</summary>
    BadNote,

    /// <summary>An address of the dynamic section is in no loadable segment, or a required entry is missing.</summary>
    BadDynamic,

    /// <summary>A symbol version record is malformed or outside its section.</summary>
    BadVersion,

    /// <summary>Compressed data is damaged or does not have the size that its header states.</summary>
    BadCompression,

    /// <summary>A section is compressed by a method that is not supported.</summary>
    UnsupportedCompression,

    /// <summary>Reading would take more memory than <see cref="ElfReadLimits"/> allows.</summary>
    LimitExceeded,
}
