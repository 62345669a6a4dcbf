namespace P3Ebpf.CoRe;

/// <summary>The class of an instruction: the low 3 bits of its code.</summary>
/// <remarks>All numbers here: Documentation/bpf/standardization/instruction-set.rst.</remarks>
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

/// <summary>How much a load or store accesses: bits 3 and 4 of its code.</summary>
public enum BpfAccessSize : byte
{
    /// <summary>4 bytes.</summary>
    Word = 0x00,

    /// <summary>2 bytes.</summary>
    HalfWord = 0x08,

    /// <summary>1 byte.</summary>
    Byte = 0x10,

    /// <summary>8 bytes.</summary>
    DoubleWord = 0x18,
}

/// <summary>How a load or store addresses memory: the high 3 bits of its code.</summary>
public enum BpfAccessMode : byte
{
    /// <summary>An immediate of 64 bits.</summary>
    Imm = 0x00,

    /// <summary>Packet data at a fixed offset.</summary>
    Abs = 0x20,

    /// <summary>Packet data at an offset from a register.</summary>
    Ind = 0x40,

    /// <summary>Memory.</summary>
    Mem = 0x60,

    /// <summary>Memory, sign-extended. Since Linux 6.6.</summary>
    MemSx = 0x80,

    /// <summary>Memory, atomically.</summary>
    Atomic = 0xC0,
}

/// <summary>What an arithmetic instruction does: the high 4 bits of its code.</summary>
public enum BpfAluOperation : byte
{
    /// <summary>dst += src.</summary>
    Add = 0x00,

    /// <summary>dst -= src.</summary>
    Sub = 0x10,

    /// <summary>dst *= src.</summary>
    Mul = 0x20,

    /// <summary>dst /= src; 0 where src is 0. With an offset of 1 it is signed, since Linux 6.6.</summary>
    Div = 0x30,

    /// <summary>dst |= src.</summary>
    Or = 0x40,

    /// <summary>dst &amp;= src.</summary>
    And = 0x50,

    /// <summary>dst &lt;&lt;= src.</summary>
    Lsh = 0x60,

    /// <summary>dst &gt;&gt;= src, filling with zeros.</summary>
    Rsh = 0x70,

    /// <summary>dst = -dst.</summary>
    Neg = 0x80,

    /// <summary>dst %= src; unchanged where src is 0. With an offset of 1 it is signed, since Linux 6.6.</summary>
    Mod = 0x90,

    /// <summary>dst ^= src.</summary>
    Xor = 0xA0,

    /// <summary>dst = src. With an offset of 8, 16 or 32 it extends the sign of so many bits, since Linux 6.6.</summary>
    Mov = 0xB0,

    /// <summary>dst &gt;&gt;= src, filling with the sign.</summary>
    Arsh = 0xC0,

    /// <summary>Swaps bytes; the immediate says how many bits.</summary>
    End = 0xD0,
}

/// <summary>When a jump is taken, or what else an instruction of these classes does: the high 4 bits of its code.</summary>
public enum BpfJumpOperation : byte
{
    /// <summary>Always.</summary>
    Ja = 0x00,

    /// <summary>dst == src.</summary>
    Jeq = 0x10,

    /// <summary>dst &gt; src, unsigned.</summary>
    Jgt = 0x20,

    /// <summary>dst &gt;= src, unsigned.</summary>
    Jge = 0x30,

    /// <summary>dst &amp; src is not 0.</summary>
    Jset = 0x40,

    /// <summary>dst != src.</summary>
    Jne = 0x50,

    /// <summary>dst &gt; src, signed.</summary>
    Jsgt = 0x60,

    /// <summary>dst &gt;= src, signed.</summary>
    Jsge = 0x70,

    /// <summary>Calls a function.</summary>
    Call = 0x80,

    /// <summary>Returns.</summary>
    Exit = 0x90,

    /// <summary>dst &lt; src, unsigned.</summary>
    Jlt = 0xA0,

    /// <summary>dst &lt;= src, unsigned.</summary>
    Jle = 0xB0,

    /// <summary>dst &lt; src, signed.</summary>
    Jslt = 0xC0,

    /// <summary>dst &lt;= src, signed.</summary>
    Jsle = 0xD0,

    /// <summary>When the kernel decides that a loop has run long enough (<c>may_goto</c>). Since Linux 6.9.</summary>
    Jcond = 0xE0,
}

/// <summary>What an atomic instruction does: its immediate.</summary>
public enum BpfAtomicOperation
{
    /// <summary>*dst += src.</summary>
    Add = 0x00,

    /// <summary>*dst |= src.</summary>
    Or = 0x40,

    /// <summary>*dst &amp;= src.</summary>
    And = 0x50,

    /// <summary>*dst ^= src.</summary>
    Xor = 0xA0,

    /// <summary>*dst += src; src becomes what was there before. This and the other fetching ones since Linux 5.12.</summary>
    FetchAdd = Add | 1,

    /// <summary>*dst |= src; src becomes what was there before.</summary>
    FetchOr = Or | 1,

    /// <summary>*dst &amp;= src; src becomes what was there before.</summary>
    FetchAnd = And | 1,

    /// <summary>*dst ^= src; src becomes what was there before.</summary>
    FetchXor = Xor | 1,

    /// <summary>*dst = src; src becomes what was there before.</summary>
    Xchg = 0xE0 | 1,

    /// <summary>*dst = src if it was r0; r0 becomes what was there before.</summary>
    Cmpxchg = 0xF0 | 1,

    /// <summary>dst = *src, before all that follows. Since Linux 6.15.</summary>
    LoadAcquire = 0x100,

    /// <summary>*dst = src, after all that precedes. Since Linux 6.15.</summary>
    StoreRelease = 0x110,
}
