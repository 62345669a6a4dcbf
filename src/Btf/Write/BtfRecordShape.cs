namespace P3Ebpf.Btf;

/// <summary>Where the names and type ids stand in a record, as words after its head.</summary>
/// <param name="Count">How many elements follow the head.</param>
/// <param name="Step">Words of an element.</param>
/// <param name="NameAt">The word of an element that is a string offset, or -1.</param>
/// <param name="IdAt">The word of an element that is a type id, or -1.</param>
/// <remarks>The name of the type itself is word 0 of the head; <see cref="BtfRecord.RefersToType"/> tells whether word 2 is a type id.</remarks>
internal readonly record struct BtfRecordShape(int Count, int Step, int NameAt, int IdAt)
{
    public const int HeadWords = BtfRecord.HeadLength / 4;

    public static BtfRecordShape Of(uint info)
    {
        int vlen = (int)BtfRecord.Vlen(info);
        return BtfRecord.Kind(info) switch
        {
            BtfKind.Array => new BtfRecordShape(2, 1, -1, 0),
            BtfKind.Struct or BtfKind.Union => new BtfRecordShape(vlen, 3, 0, 1),
            BtfKind.FuncProto => new BtfRecordShape(vlen, 2, 0, 1),
            BtfKind.Enum => new BtfRecordShape(vlen, 2, 0, -1),
            BtfKind.Enum64 => new BtfRecordShape(vlen, 3, 0, -1),
            BtfKind.DataSec => new BtfRecordShape(vlen, 3, -1, 0),
            _ => new BtfRecordShape(0, 0, -1, -1),
        };
    }

    /// <summary>Words of the whole record.</summary>
    /// <remarks>Only for kinds that this library knows.</remarks>
    public static int WordCount(uint info) =>
        HeadWords + (int)(BtfRecord.TailLength(BtfRecord.Kind(info), BtfRecord.Vlen(info)) / 4);

    /// <summary>The index of an element's type id within the record.</summary>
    public int IdOf(int element) => HeadWords + (element * Step) + IdAt;

    /// <summary>The index of an element's name within the record.</summary>
    public int NameOf(int element) => HeadWords + (element * Step) + NameAt;

    /// <summary>Replaces every type id in a record.</summary>
    public static void MapIds(Span<uint> record, Func<uint, uint> map)
    {
        if (BtfRecord.RefersToType(BtfRecord.Kind(record[1])))
            record[2] = map(record[2]);
        BtfRecordShape shape = Of(record[1]);
        for (int i = 0; shape.IdAt >= 0 && i < shape.Count; i++)
            record[shape.IdOf(i)] = map(record[shape.IdOf(i)]);
    }

    /// <summary>Replaces every string offset in a record.</summary>
    public static void MapNames(Span<uint> record, Func<uint, uint> map)
    {
        record[0] = map(record[0]);
        BtfRecordShape shape = Of(record[1]);
        for (int i = 0; shape.NameAt >= 0 && i < shape.Count; i++)
            record[shape.NameOf(i)] = map(record[shape.NameOf(i)]);
    }
}
