namespace P3Ebpf.Btf;

/// <summary>Why a BTF or a .BTF.ext cannot be read.</summary>
public enum BtfErrorCode
{
    /// <summary>Shorter than the smallest header.</summary>
    TooSmall,

    /// <summary>The first two bytes are not the magic number 0xEB9F in either byte order.</summary>
    BadMagic,

    /// <summary>The header's own length is too small, or larger than the data.</summary>
    BadHeaderLength,

    /// <summary>The version or the flags are not the known ones (.BTF.ext only; readers of BTF ignore them).</summary>
    UnsupportedVersion,

    /// <summary>Less data than the header promises.</summary>
    Truncated,

    /// <summary>A section that the header describes is misplaced, misaligned or overlaps another.</summary>
    BadSection,

    /// <summary>The string section is empty, too long, or does not begin and end with a zero byte.</summary>
    BadStrings,

    /// <summary>The string section fits a split BTF, whose base is missing.</summary>
    BaseMissing,

    /// <summary>The layout section is malformed.</summary>
    BadLayout,

    /// <summary>A type's kind is not known, and no layout section tells its size.</summary>
    UnknownKind,

    /// <summary>A type's record runs past the end of the type section.</summary>
    TypeTruncated,

    /// <summary>A name's offset lies outside the strings.</summary>
    BadStringOffset,

    /// <summary>A type refers to an id that does not exist.</summary>
    BadTypeId,

    /// <summary>A function does not refer to a function prototype.</summary>
    BadFunctionPrototype,

    /// <summary>A chain of types does not end within the permitted number of steps.</summary>
    TooDeep,

    /// <summary>A size does not fit into 32 bits.</summary>
    SizeOverflow,

    /// <summary>A type has no size: <c>void</c>, a forward declaration or a function.</summary>
    Unsized,

    /// <summary>A record of .BTF.ext is malformed.</summary>
    BadExtRecord,

    /// <summary>A distilled base does not fit the base on which it is put.</summary>
    BadDistilledBase,
}
