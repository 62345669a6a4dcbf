namespace P3Ebpf.Elf;

/// <summary>What a symbol stands for (lower half of <c>st_info</c>).</summary>
public enum ElfSymbolType : byte
{
    /// <summary>Nothing known (<c>STT_NOTYPE</c>).</summary>
    NoType = 0,

    /// <summary>Data (<c>STT_OBJECT</c>).</summary>
    Object = 1,

    /// <summary>A function (<c>STT_FUNC</c>).</summary>
    Func = 2,

    /// <summary>A section (<c>STT_SECTION</c>).</summary>
    Section = 3,

    /// <summary>The name of a source file (<c>STT_FILE</c>).</summary>
    File = 4,

    /// <summary>Data without a place yet (<c>STT_COMMON</c>).</summary>
    Common = 5,

    /// <summary>Thread-local data (<c>STT_TLS</c>).</summary>
    Tls = 6,

    /// <summary>A function that chooses the function (<c>STT_GNU_IFUNC</c>).</summary>
    GnuIndirectFunction = 10,
}
