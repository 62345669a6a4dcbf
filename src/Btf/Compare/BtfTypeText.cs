using System.Globalization;
using System.Text;

namespace P3Ebpf.Btf;

/// <summary>A type as C writes it, without the bodies of structs.</summary>
internal static class BtfTypeText
{
    private const int MaxDepth = 32;

    /// <summary>Where lists of parameters and declarators are cut off; prototypes within prototypes could grow without bound.</summary>
    private const int MaxLength = 4096;

    /// <summary>How many types are written; prototypes that return prototypes could multiply without bound.</summary>
    private const int MaxTypes = 128;

    /// <summary>The type around a declared name, which may be empty: <c>int (*handler)(struct file *, char[16])</c>.</summary>
    public static string Declare(BtfSpec spec, BtfTypeId id, string name)
    {
        int budget = MaxTypes;
        return Declare(spec, id, name, 0, ref budget);
    }

    private static string Declare(BtfSpec spec, BtfTypeId id, string inner, int depth, ref int budget)
    {
        if (depth > MaxDepth || inner.Length > MaxLength || budget-- <= 0)
            return "...";
        BtfType type = spec[id];
        switch (type.Kind)
        {
            case BtfKind.Ptr:
                bool parenthesised = Bare(type).Kind is BtfKind.Array or BtfKind.FuncProto;
                return Declare(spec, type.TargetId, parenthesised ? $"(*{inner})" : "*" + inner, depth + 1, ref budget);
            case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict:
                string qualifier = BtfKindNames.Keyword(type);
                return spec[type.TargetId].Kind == BtfKind.Ptr
                    ? Declare(spec, type.TargetId, Join(" " + qualifier, inner), depth + 1, ref budget)
                    : qualifier + " " + Declare(spec, type.TargetId, inner, depth + 1, ref budget);
            case BtfKind.TypeTag:
                return Declare(spec, type.TargetId, inner, depth + 1, ref budget);
            case BtfKind.Array:
                return Declare(spec, type.Array.ElementTypeId, inner + "[" + type.Array.Length.ToString(CultureInfo.InvariantCulture) + "]", depth + 1, ref budget);
            case BtfKind.FuncProto:
                return Declare(spec, type.TargetId, inner + Parameters(spec, type, depth, ref budget), depth + 1, ref budget);
            case BtfKind.Func:
                return Declare(spec, type.TargetId, inner, depth + 1, ref budget);
            case BtfKind.Void:
                return Join("void", inner);
            case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64:
                return Join(BtfKindNames.Keyword(type) + " " + (type.Name.IsEmpty ? "{...}" : type.Name.ToString()), inner);
            case BtfKind.Fwd:
                return Join((type.IsForwardUnion ? "union " : "struct ") + type.Name, inner);
            default:
                return Join(type.Name.ToString(), inner);
        }
    }

    /// <summary>What a pointer points to, without tags, which are not written.</summary>
    private static BtfType Bare(BtfType pointer)
    {
        BtfType target = pointer.Target;
        for (int i = 0; i < MaxDepth && target.Kind == BtfKind.TypeTag; i++)
            target = target.Target;
        return target;
    }

    private static string Parameters(BtfSpec spec, BtfType prototype, int depth, ref int budget)
    {
        if (prototype.Parameters.Count == 0)
            return "(void)";
        var text = new StringBuilder("(");
        foreach (BtfParameter parameter in prototype.Parameters)
        {
            if (text.Length > 1)
                _ = text.Append(", ");
            _ = text.Append(parameter.IsVariadic ? "..." : Declare(spec, parameter.TypeId, parameter.Name.ToString(), depth + 1, ref budget));
            if (text.Length > MaxLength || budget <= 0)
                return text.Append(", ...)").ToString();
        }

        return text.Append(')').ToString();
    }

    private static string Join(string left, string right) => right.Length == 0 || right[0] is '[' or ' ' ? left + right : left + " " + right;
}
