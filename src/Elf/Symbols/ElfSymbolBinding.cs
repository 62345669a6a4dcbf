namespace P3Ebpf.Elf;

/// <summary>Who sees a symbol (upper half of <c>st_info</c>).</summary>
public enum ElfSymbolBinding : byte
{
    /// <summary>This file only (<c>STB_LOCAL</c>).</summary>
    Local = 0,

    /// <summary>All files (<c>STB_GLOBAL</c>).</summary>
    Global = 1,

    /// <summary>All files, but yields to a global one (<c>STB_WEAK</c>).</summary>
    Weak = 2,

    /// <summary>Unique in the whole process (<c>STB_GNU_UNIQUE</c>).</summary>
    GnuUnique = 10,
}
