namespace P3Ebpf.Btf;

/// <summary>The layout section that describes the kinds which this library knows.</summary>
internal static class BtfLayoutSection
{
    private const int KindCount = (int)BtfKind.Enum64 + 1;

    public const int Length = KindCount * BtfLayout.EntryLength;

    /// <summary>Writes an entry for each kind: bytes after the head, and bytes of an element.</summary>
    public static void Write(Span<byte> section)
    {
        for (int kind = 0; kind < KindCount; kind++)
        {
            // A function's vlen is its linkage; it has no elements, and the difference between one and none is none.
            long none = Math.Max(0, BtfRecord.TailLength((BtfKind)kind, 0));
            long one = Math.Max(0, BtfRecord.TailLength((BtfKind)kind, 1));
            section[kind * BtfLayout.EntryLength] = (byte)none;
            section[(kind * BtfLayout.EntryLength) + 1] = (byte)(one - none);
        }
    }
}
