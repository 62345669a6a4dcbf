namespace P3Ebpf.Elf;

/// <summary>Width of addresses and offsets in an ELF file (<c>e_ident[EI_CLASS]</c>).</summary>
public enum ElfClass : byte
{
    /// <summary>32 bit (<c>ELFCLASS32</c>).</summary>
    Elf32 = 1,

    /// <summary>64 bit (<c>ELFCLASS64</c>).</summary>
    Elf64 = 2,
}
