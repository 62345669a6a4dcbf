namespace P3Ebpf.Btf;

/// <summary>What a layout section says of one kind: how long its records are.</summary>
/// <param name="InfoSize">Bytes of the single element after the 12-byte head.</param>
/// <param name="ElementSize">Bytes of each of the <c>vlen</c> elements.</param>
/// <param name="Flags">Flags; none is defined.</param>
/// <remarks><c>struct btf_layout</c> of include/uapi/linux/btf.h.</remarks>
public readonly record struct BtfLayout(byte InfoSize, byte ElementSize, ushort Flags)
{
    /// <summary>Bytes of one entry in the file.</summary>
    public const int EntryLength = 4;
}
