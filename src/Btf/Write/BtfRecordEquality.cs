namespace P3Ebpf.Btf;

/// <summary>Equality of type records whose names are offsets into the same deduplicated strings.</summary>
internal static class BtfRecordEquality
{
    /// <summary>Whether two records are equal in all but the type ids in them.</summary>
    public static bool EqualExceptIds(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right)
    {
        uint info = Info(left);
        if (info != Info(right))
            return false;
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
        int ids = layout.TypeIdCount(BtfRecordLayout.Vlen(info));
        int from = 0;
        for (int i = 0; i < ids; i++)
        {
            int id = layout.TypeIdOffset(i) / 4;
            if (!left.Slice(from, id - from).SequenceEqual(right.Slice(from, id - from)))
                return false;
            from = id + 1;
        }

        return left.Slice(from).SequenceEqual(right.Slice(from));
    }

    /// <summary>A hash that is equal for records which <see cref="EqualExceptIds"/> finds equal.</summary>
    public static int HashExceptIds(ReadOnlySpan<uint> record)
    {
        uint info = Info(record);
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfRecordLayout.Kind(info));
        int ids = layout.TypeIdCount(BtfRecordLayout.Vlen(info));
        uint hash = 0;
        int from = 0;
        for (int i = 0; i < ids; i++)
        {
            int id = layout.TypeIdOffset(i) / 4;
            hash = Combine(hash, record.Slice(from, id - from));
            from = id + 1;
        }

        return Finish(Combine(hash, record.Slice(from)));
    }

    /// <summary>A hash of the whole record.</summary>
    public static int Hash(ReadOnlySpan<uint> record) => Finish(Combine(0, record));

    /// <summary>A hash of the name alone: an enumeration and its forward declaration must meet.</summary>
    public static int HashName(ReadOnlySpan<uint> record) => Finish(Combine(0, Name(record)));

    public static bool IsEnum(uint info) => BtfRecordLayout.Kind(info) is BtfKind.Enum or BtfKind.Enum64;

    /// <summary>Whether this is the forward declaration of an enumeration: one without values.</summary>
    public static bool IsEnumForward(uint info) => IsEnum(info) && BtfRecordLayout.Vlen(info) == 0;

    /// <summary>Whether two enumerations are equal, or one is a forward declaration of the other.</summary>
    public static bool CompatibleEnums(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right) =>
        IsEnumForward(Info(left)) || IsEnumForward(Info(right))
            ? Name(left) == Name(right) && IsEnum(Info(left)) && IsEnum(Info(right))
            : left.SequenceEqual(right);

    private static uint Name(ReadOnlySpan<uint> record) => BtfRecordLayout.Word(record, BtfRecordLayout.NameOffset);

    private static uint Info(ReadOnlySpan<uint> record) => BtfRecordLayout.Word(record, BtfRecordLayout.InfoOffset);

    private static uint Combine(uint hash, ReadOnlySpan<uint> words)
    {
        foreach (uint word in words)
            hash = Combine(hash, word);
        return hash;
    }

    private static uint Combine(uint hash, uint word) => ((hash << 5) | (hash >> 27)) * 0x9E3779B1 ^ (word * 0x85EBCA6B);

    private static int Finish(uint hash) => (int)(hash ^ (hash >> 15));
}
