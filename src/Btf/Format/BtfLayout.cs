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

    private const int KnownKinds = (int)BtfKind.Enum64 + 1;

    /// <summary>Bytes of a section that describes the kinds which this library knows.</summary>
    internal const int SectionLength = KnownKinds * EntryLength;

    /// <summary>Whether the records of the kind consist of whole words, as all must.</summary>
    internal bool IsAligned => InfoSize % 4 == 0 && ElementSize % 4 == 0;

    /// <summary>Bytes of a record after its head.</summary>
    internal long TailLength(uint vlen) => InfoSize + ((long)ElementSize * vlen);

    /// <summary>Writes an entry for each kind that this library knows.</summary>
    internal static void WriteSection(Span<byte> section)
    {
        for (int kind = 0; kind < KnownKinds; kind++)
        {
            // A function's vlen is its linkage; it has no elements, and the difference between one and none is none.
            long none = Math.Max(0, BtfRecordLayout.TailLength((BtfKind)kind, 0));
            long one = Math.Max(0, BtfRecordLayout.TailLength((BtfKind)kind, 1));
            section[kind * EntryLength] = (byte)none;
            section[(kind * EntryLength) + 1] = (byte)(one - none);
        }
    }
}
