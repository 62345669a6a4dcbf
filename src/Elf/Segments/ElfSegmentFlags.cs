namespace P3Ebpf.Elf;

/// <summary>Access rights of a segment (<c>p_flags</c>).</summary>
[Flags]
public enum ElfSegmentFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Executable (<c>PF_X</c>).</summary>
    Execute = 1,

    /// <summary>Writable (<c>PF_W</c>).</summary>
    Write = 2,

    /// <summary>Readable (<c>PF_R</c>).</summary>
    Read = 4,
}
