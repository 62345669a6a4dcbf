namespace P3Ebpf.CoRe;

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
