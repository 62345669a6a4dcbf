namespace P3Ebpf.Btf.Tests;

/// <summary>Compares BTF type by type, through the reader.</summary>
internal static class TypeEquality
{
    /// <summary>The first type that differs, or null. Ids must be equal; names are compared as text.</summary>
    public static string? FirstDifference(BtfSpec left, BtfSpec right)
    {
        if (left.TypeCount != right.TypeCount)
            return $"{left.TypeCount} types against {right.TypeCount}";
        foreach (BtfType type in left.OwnTypes)
        {
            BtfType other = right[type.Id];
            if (type.Kind != other.Kind || type.Name != other.Name || type.Vlen != other.Vlen || type.KindFlag != other.KindFlag
                || type.Word(8) != other.Word(8) || !SameTail(type, other))
            {
                return $"{type} against {other}";
            }
        }

        return null;
    }

    private static bool SameTail(BtfType left, BtfType right)
    {
        switch (left.Kind)
        {
            case BtfKind.Int:
                return left.Int == right.Int;
            case BtfKind.Array:
                return left.Array == right.Array;
            case BtfKind.Var:
                return left.Linkage == right.Linkage;
            case BtfKind.DeclTag:
                return left.ComponentIndex == right.ComponentIndex;
        }

        for (int i = 0; i < left.Vlen; i++)
        {
            bool same = left.Kind switch
            {
                BtfKind.Struct or BtfKind.Union => left.Members[i] == right.Members[i],
                BtfKind.Enum or BtfKind.Enum64 => left.Enumerators[i] == right.Enumerators[i],
                BtfKind.FuncProto => left.Parameters[i] == right.Parameters[i],
                BtfKind.DataSec => left.SectionVariables[i] == right.SectionVariables[i],
                _ => true,
            };
            if (!same)
                return false;
        }

        return true;
    }
}
