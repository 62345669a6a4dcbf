namespace P3Ebpf.CoRe;

/// <summary>The class of an instruction: the low 3 bits of its code.</summary>
public enum BpfInstructionClass : byte
{
    /// <summary>Loads of immediates and packet data.</summary>
    Ld = 0,

    /// <summary>Loads from memory into a register.</summary>
    Ldx = 1,

    /// <summary>Stores of an immediate.</summary>
    St = 2,

    /// <summary>Stores of a register, and atomic operations.</summary>
    Stx = 3,

    /// <summary>Arithmetic with 32 bits.</summary>
    Alu = 4,

    /// <summary>Jumps that compare 64 bits, calls and exit.</summary>
    Jmp = 5,

    /// <summary>Jumps that compare 32 bits.</summary>
    Jmp32 = 6,

    /// <summary>Arithmetic with 64 bits.</summary>
    Alu64 = 7,
}
