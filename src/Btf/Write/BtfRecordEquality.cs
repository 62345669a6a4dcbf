namespace P3Ebpf.Btf;

/// <summary>Equality of type records whose names are offsets into the same deduplicated strings.</summary>
internal static class BtfRecordEquality
{
    /// <summary>Whether two records are equal in all but the type ids in them.</summary>
    public static bool EqualExceptIds(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right)
    {
        uint info = left[1];
        if (left[0] != right[0] || info != right[1] || (!BtfRecord.RefersToType(BtfRecord.Kind(info)) && left[2] != right[2]))
            return false;
        var shape = BtfRecordShape.Of(info);
        for (int i = 0; i < shape.Count; i++)
        {
            int at = BtfRecordShape.HeadWords + (i * shape.Step);
            for (int word = 0; word < shape.Step; word++)
            {
                if (word != shape.IdAt && left[at + word] != right[at + word])
                    return false;
            }
        }

        int rest = BtfRecordShape.HeadWords + (shape.Count * shape.Step);
        return left.Slice(rest).SequenceEqual(right.Slice(rest));
    }

    /// <summary>A hash that is equal for records which <see cref="EqualExceptIds"/> finds equal.</summary>
    public static int HashExceptIds(ReadOnlySpan<uint> record)
    {
        uint info = record[1];
        uint hash = Combine(record[0], info);
        if (!BtfRecord.RefersToType(BtfRecord.Kind(info)))
            hash = Combine(hash, record[2]);
        var shape = BtfRecordShape.Of(info);
        for (int i = 0; i < shape.Count; i++)
        {
            int at = BtfRecordShape.HeadWords + (i * shape.Step);
            for (int word = 0; word < shape.Step; word++)
                hash = word == shape.IdAt ? hash : Combine(hash, record[at + word]);
        }

        for (int at = BtfRecordShape.HeadWords + (shape.Count * shape.Step); at < record.Length; at++)
            hash = Combine(hash, record[at]);
        return Finish(hash);
    }

    /// <summary>A hash of the whole record.</summary>
    public static int Hash(ReadOnlySpan<uint> record)
    {
        uint hash = 0;
        foreach (uint word in record)
            hash = Combine(hash, word);
        return Finish(hash);
    }

    /// <summary>A hash of the name alone: an enumeration and its forward declaration must meet.</summary>
    public static int HashName(ReadOnlySpan<uint> record) => Finish(Combine(0, record[0]));

    public static bool IsEnum(uint info) => BtfRecord.Kind(info) is BtfKind.Enum or BtfKind.Enum64;

    /// <summary>Whether this is the forward declaration of an enumeration: one without values.</summary>
    public static bool IsEnumForward(uint info) => IsEnum(info) && BtfRecord.Vlen(info) == 0;

    /// <summary>Whether two enumerations are equal, or one is a forward declaration of the other.</summary>
    public static bool CompatibleEnums(ReadOnlySpan<uint> left, ReadOnlySpan<uint> right) =>
        IsEnumForward(left[1]) || IsEnumForward(right[1])
            ? left[0] == right[0] && IsEnum(left[1]) && IsEnum(right[1])
            : left.SequenceEqual(right);

    private static uint Combine(uint hash, uint word) => ((hash << 5) | (hash >> 27)) * 0x9E3779B1 ^ (word * 0x85EBCA6B);

    private static int Finish(uint hash) => (int)(hash ^ (hash >> 15));
}
