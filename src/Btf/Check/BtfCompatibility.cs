namespace P3Ebpf.Btf;

/// <summary>Which libbpf and which kernel are the first to know all that a healthy BTF and its base use.</summary>
internal sealed class BtfCompatibility(BtfRecordTable table, BtfTypeRules rules, BtfFindingList findings)
{
    public const string NoneReleased = "none released";

    private readonly bool[] _kinds = PresentKinds(table.Base, rules);

    public string Libbpf()
    {
        BtfHeader header = table.Image.Header;
        if (Highest() > BtfKind.Enum64 || findings.Contains(BtfFindingCodes.OldEncodingOverflow))
            return NoneReleased;
        if (!header.IsNative && header.HeaderLength != BtfHeader.ShortLength)
            return NoneReleased;
        if (header.HeaderLength != BtfHeader.ShortLength)
            return "1.0";
        return Highest() switch
        {
            BtfKind.Enum64 => "1.0",
            BtfKind.DeclTag or BtfKind.TypeTag => "0.6",
            BtfKind.Float => "0.4",
            _ => "0.0.6",
        };
    }

    public string Kernel()
    {
        (int Major, int Minor) version = (4, 18);
        if (Has(BtfKind.Func) || Has(BtfKind.FuncProto))
            version = (5, 0);
        if (Has(BtfKind.Var) || Has(BtfKind.DataSec))
            version = (5, 2);
        (bool hasBitfields, bool hasLinkage, bool hasSignedEnum, bool hasAttributes) = Features();
        Raise(hasBitfields, (5, 0));
        Raise(hasLinkage, (5, 6));
        Raise(table.Base is not null, (5, 11));
        Raise(Has(BtfKind.Float), (5, 13));
        Raise(Has(BtfKind.DeclTag), (5, 16));
        Raise(Has(BtfKind.TypeTag), (5, 17));
        Raise(Has(BtfKind.Enum64) || hasSignedEnum, (6, 0));
        Raise(hasAttributes, (6, 15));
        return $"{version.Major}.{version.Minor}";

        void Raise(bool condition, (int Major, int Minor) to)
        {
            if (condition && to.CompareTo(version) > 0)
                version = to;
        }
    }

    private (bool HasBitfields, bool HasLinkage, bool HasSignedEnum, bool HasAttributes) Features()
    {
        bool hasBitfields = false, hasLinkage = false, hasSignedEnum = false, hasAttributes = false;
        for (int i = 0; i < table.Count; i++)
        {
            uint info = table.Info(i);
            BtfKind kind = BtfRecordLayout.Kind(info);
            if (kind == BtfKind.Func)
                hasLinkage |= BtfRecordLayout.Vlen(info) != 0;
            if (!BtfRecordLayout.KindFlag(info))
                continue;
            hasBitfields |= kind is BtfKind.Struct or BtfKind.Union or BtfKind.Fwd;
            hasSignedEnum |= kind == BtfKind.Enum;
            hasAttributes |= kind is BtfKind.DeclTag or BtfKind.TypeTag;
        }

        return (hasBitfields, hasLinkage, hasSignedEnum, hasAttributes);
    }

    private bool Has(BtfKind kind) => _kinds[(int)kind];

    private BtfKind Highest() => (BtfKind)Array.LastIndexOf(_kinds, true);

    private static bool[] PresentKinds(BtfSpec? baseSpec, BtfTypeRules rules)
    {
        bool[] kinds = [.. rules.Kinds.Select(count => count != 0)];
        kinds[0] = true;
        if (baseSpec is not null)
        {
            foreach (BtfType type in baseSpec.Types)
                kinds[(int)type.Kind] = true;
        }

        return kinds;
    }
}
