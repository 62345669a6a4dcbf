namespace P3Ebpf.Btf;

/// <summary>The details of an integer: the word after the head of a BTF_KIND_INT record.</summary>
/// <param name="Word">Bits 24..27 encoding, 16..23 bit offset, 0..7 width.</param>
public readonly record struct BtfInt(uint Word)
{
    /// <summary>How to read the bits.</summary>
    public BtfIntEncoding Encoding => (BtfIntEncoding)((Word >> 24) & 0xF);

    /// <summary>Bits from the start of the storage; 0 except in BTF of very old compilers.</summary>
    public int BitOffset => (int)((Word >> 16) & 0xFF);

    /// <summary>The width in bits.</summary>
    public int BitCount => (int)(Word & 0xFF);

    /// <summary>Whether the encoding says signed.</summary>
    public bool IsSigned => (Encoding & BtfIntEncoding.Signed) != 0;

    internal static BtfInt Of(BtfIntEncoding encoding, int bitOffset, int bitCount) => new(((uint)encoding << 24) | ((uint)bitOffset << 16) | (uint)bitCount);
}

/// <summary>How an integer is read (BTF_INT_SIGNED, _CHAR, _BOOL).</summary>
[Flags]
public enum BtfIntEncoding : byte
{
    /// <summary>An unsigned number.</summary>
    None = 0,

    /// <summary>A signed number.</summary>
    Signed = 1,

    /// <summary>A character.</summary>
    Char = 2,

    /// <summary>A truth value.</summary>
    Bool = 4,
}
