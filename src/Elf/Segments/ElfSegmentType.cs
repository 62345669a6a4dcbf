namespace P3Ebpf.Elf;

/// <summary>What a segment is for (<c>p_type</c>). Other values are specific to a system or processor.</summary>
public enum ElfSegmentType : uint
{
    /// <summary>Unused (<c>PT_NULL</c>).</summary>
    Null = 0,

    /// <summary>Mapped into memory (<c>PT_LOAD</c>).</summary>
    Load = 1,

    /// <summary>Dynamic linking information (<c>PT_DYNAMIC</c>).</summary>
    Dynamic = 2,

    /// <summary>Path of the dynamic linker (<c>PT_INTERP</c>).</summary>
    Interp = 3,

    /// <summary>Notes (<c>PT_NOTE</c>).</summary>
    Note = 4,

    /// <summary>The program header table itself (<c>PT_PHDR</c>).</summary>
    Phdr = 6,

    /// <summary>Initial image of thread-local data (<c>PT_TLS</c>).</summary>
    Tls = 7,

    /// <summary>Index of the unwind tables (<c>PT_GNU_EH_FRAME</c>).</summary>
    GnuEhFrame = 0x6474e550,

    /// <summary>Whether the stack is executable (<c>PT_GNU_STACK</c>).</summary>
    GnuStack = 0x6474e551,

    /// <summary>Made read-only after relocation (<c>PT_GNU_RELRO</c>).</summary>
    GnuRelro = 0x6474e552,

    /// <summary>Processor properties (<c>PT_GNU_PROPERTY</c>).</summary>
    GnuProperty = 0x6474e553,
}
