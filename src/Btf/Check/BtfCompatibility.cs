namespace P3Ebpf.Btf;

/// <summary>Which libbpf and which kernel are the first to know all that a healthy BTF uses.</summary>
internal static class BtfCompatibility
{
    public const string NoneReleased = "none released";

    public static string Libbpf(BtfRecordTable table, BtfTypeRules rules, BtfFindingList findings)
    {
        BtfHeader header = table.Image.Header;
        if (Highest(rules) > BtfKind.Enum64 || findings.Contains(BtfFindingCodes.OldEncodingOverflow))
            return NoneReleased;
        if (!header.IsNative && header.HeaderLength != BtfHeader.ShortLength)
            return NoneReleased;
        if (header.HeaderLength != BtfHeader.ShortLength)
            return "1.0";
        return Highest(rules) switch
        {
            BtfKind.Enum64 => "1.0",
            BtfKind.DeclTag or BtfKind.TypeTag => "0.6",
            BtfKind.Float => "0.4",
            _ => "0.0.6",
        };
    }

    public static string Kernel(BtfRecordTable table, BtfTypeRules rules)
    {
        (int Major, int Minor) version = (4, 18);
        if (Has(rules, BtfKind.Func) || Has(rules, BtfKind.FuncProto))
            version = (5, 0);
        if (Has(rules, BtfKind.Var) || Has(rules, BtfKind.DataSec))
            version = (5, 2);
        (bool hasBitfields, bool hasLinkage, bool hasSignedEnum, bool hasAttributes) = Features(table);
        Raise(hasBitfields, (5, 0));
        Raise(hasLinkage, (5, 6));
        Raise(table.Base is not null, (5, 11));
        Raise(Has(rules, BtfKind.Float), (5, 13));
        Raise(Has(rules, BtfKind.DeclTag), (5, 16));
        Raise(Has(rules, BtfKind.TypeTag), (5, 17));
        Raise(Has(rules, BtfKind.Enum64) || hasSignedEnum, (6, 0));
        Raise(hasAttributes, (6, 15));
        return $"{version.Major}.{version.Minor}";

        void Raise(bool condition, (int Major, int Minor) to)
        {
            if (condition && to.CompareTo(version) > 0)
                version = to;
        }
    }

    private static (bool HasBitfields, bool HasLinkage, bool HasSignedEnum, bool HasAttributes) Features(BtfRecordTable table)
    {
        bool hasBitfields = false, hasLinkage = false, hasSignedEnum = false, hasAttributes = false;
        for (int i = 0; i < table.Count; i++)
        {
            uint info = table.Info(i);
            BtfKind kind = BtfRecord.Kind(info);
            if (kind == BtfKind.Func)
                hasLinkage |= BtfRecord.Vlen(info) != 0;
            if (!BtfRecord.KindFlag(info))
                continue;
            hasBitfields |= kind is BtfKind.Struct or BtfKind.Union or BtfKind.Fwd;
            hasSignedEnum |= kind == BtfKind.Enum;
            hasAttributes |= kind is BtfKind.DeclTag or BtfKind.TypeTag;
        }

        return (hasBitfields, hasLinkage, hasSignedEnum, hasAttributes);
    }

    private static bool Has(BtfTypeRules rules, BtfKind kind) => rules.Kinds[(int)kind] != 0;

    private static BtfKind Highest(BtfTypeRules rules)
    {
        int highest = rules.Kinds.Length - 1;
        while (highest > 0 && rules.Kinds[highest] == 0)
            highest--;
        return (BtfKind)highest;
    }
}
