namespace P3Ebpf.Elf;

/// <summary>What an ELF file is for (<c>e_type</c>). Other values are specific to a system or processor.</summary>
public enum ElfType : ushort
{
    /// <summary>No type (<c>ET_NONE</c>).</summary>
    None = 0,

    /// <summary>Object file, to be linked or, for BPF and kernel modules, loaded (<c>ET_REL</c>).</summary>
    Relocatable = 1,

    /// <summary>Executable at fixed addresses (<c>ET_EXEC</c>).</summary>
    Executable = 2,

    /// <summary>Shared library or position-independent executable (<c>ET_DYN</c>).</summary>
    Shared = 3,

    /// <summary>Core dump (<c>ET_CORE</c>).</summary>
    Core = 4,
}
