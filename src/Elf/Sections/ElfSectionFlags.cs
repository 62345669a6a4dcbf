namespace P3Ebpf.Elf;

/// <summary>Attributes of a section (<c>sh_flags</c>).</summary>
[Flags]
public enum ElfSectionFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Writable at run time (<c>SHF_WRITE</c>).</summary>
    Write = 1,

    /// <summary>Takes memory at run time (<c>SHF_ALLOC</c>).</summary>
    Alloc = 2,

    /// <summary>Holds instructions (<c>SHF_EXECINSTR</c>).</summary>
    ExecInstr = 4,

    /// <summary>Equal entries may be merged (<c>SHF_MERGE</c>).</summary>
    Merge = 0x10,

    /// <summary>Holds NUL-terminated strings (<c>SHF_STRINGS</c>).</summary>
    Strings = 0x20,

    /// <summary><see cref="ElfSection.Info"/> is a section index (<c>SHF_INFO_LINK</c>).</summary>
    InfoLink = 0x40,

    /// <summary>The order of the linked section is to be kept (<c>SHF_LINK_ORDER</c>).</summary>
    LinkOrder = 0x80,

    /// <summary>Needs system-specific treatment (<c>SHF_OS_NONCONFORMING</c>).</summary>
    OsNonConforming = 0x100,

    /// <summary>Member of a section group (<c>SHF_GROUP</c>).</summary>
    Group = 0x200,

    /// <summary>Thread-local data (<c>SHF_TLS</c>).</summary>
    Tls = 0x400,

    /// <summary>Compressed: <see cref="ElfSection.ReadDecompressed"/> gives the content (<c>SHF_COMPRESSED</c>).</summary>
    Compressed = 0x800,

    /// <summary>To be kept by the linker though nothing refers to it (<c>SHF_GNU_RETAIN</c>).</summary>
    GnuRetain = 0x200000,

    /// <summary>Left out when linking (<c>SHF_EXCLUDE</c>).</summary>
    Exclude = 0x80000000,
}
