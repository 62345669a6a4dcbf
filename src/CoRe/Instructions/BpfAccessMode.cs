namespace P3Ebpf.CoRe;

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

    /// <summary>Memory, sign-extended.</summary>
    MemSx = 0x80,

    /// <summary>Memory, atomically.</summary>
    Atomic = 0xC0,
}
