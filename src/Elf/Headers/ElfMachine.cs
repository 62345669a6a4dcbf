namespace P3Ebpf.Elf;

/// <summary>Instruction set of an ELF file (<c>e_machine</c>, include/uapi/linux/elf-em.h). Values not listed here are legal too.</summary>
public enum ElfMachine : ushort
{
    /// <summary>None. Old BPF compilers wrote this (<c>EM_NONE</c>).</summary>
    None = 0,

    /// <summary>SPARC (<c>EM_SPARC</c>).</summary>
    Sparc = 2,

    /// <summary>Intel 80386 (<c>EM_386</c>).</summary>
    I386 = 3,

    /// <summary>Motorola 68000 (<c>EM_68K</c>).</summary>
    M68K = 4,

    /// <summary>MIPS (<c>EM_MIPS</c>).</summary>
    Mips = 8,

    /// <summary>HP PA-RISC (<c>EM_PARISC</c>).</summary>
    PaRisc = 15,

    /// <summary>PowerPC, 32 bit (<c>EM_PPC</c>).</summary>
    PowerPC = 20,

    /// <summary>PowerPC, 64 bit (<c>EM_PPC64</c>).</summary>
    PowerPC64 = 21,

    /// <summary>IBM S/390 and z/Architecture (<c>EM_S390</c>).</summary>
    S390 = 22,

    /// <summary>ARM, 32 bit (<c>EM_ARM</c>).</summary>
    Arm = 40,

    /// <summary>SuperH (<c>EM_SH</c>).</summary>
    SuperH = 42,

    /// <summary>SPARC version 9, 64 bit (<c>EM_SPARCV9</c>).</summary>
    SparcV9 = 43,

    /// <summary>Intel Itanium (<c>EM_IA_64</c>).</summary>
    IA64 = 50,

    /// <summary>AMD and Intel x86-64 (<c>EM_X86_64</c>).</summary>
    X64 = 62,

    /// <summary>ARM, 64 bit (<c>EM_AARCH64</c>).</summary>
    AArch64 = 183,

    /// <summary>RISC-V (<c>EM_RISCV</c>).</summary>
    RiscV = 243,

    /// <summary>The Linux BPF virtual machine (<c>EM_BPF</c>).</summary>
    Bpf = 247,

    /// <summary>LoongArch (<c>EM_LOONGARCH</c>).</summary>
    LoongArch = 258,
}
