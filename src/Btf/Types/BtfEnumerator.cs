namespace P3Ebpf.Btf;

/// <summary>A value of an enumeration.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bits">The value; one of 32 bits is sign-extended, whether or not the enumeration is signed.</param>
/// <param name="IsSigned">Whether the enumeration is signed.</param>
/// <param name="Is64Bit">Whether the value is stored with 64 bits.</param>
public readonly record struct BtfEnumerator(BtfString Name, long Bits, bool IsSigned, bool Is64Bit)
{
    /// <summary>The value as the C source has it; of an unsigned 64-bit enumeration, the same bits as a signed number.</summary>
    public long Value => IsSigned || Is64Bit ? Bits : (uint)Bits;
}
