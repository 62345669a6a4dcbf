using System.Globalization;

namespace P3Ebpf.Btf;

/// <summary>The words for kinds: bpftool's capitals, and what a C programmer says.</summary>
public static class BtfKindNames
{
    /// <summary>The kind as bpftool prints it: <c>STRUCT</c>, <c>FUNC_PROTO</c>, <c>DECL_TAG</c>; <c>UNKNOWN</c> for an opaque one.</summary>
    public static string Tag(BtfKind kind) => kind switch
    {
        BtfKind.Void => "VOID",
        BtfKind.Int => "INT",
        BtfKind.Ptr => "PTR",
        BtfKind.Array => "ARRAY",
        BtfKind.Struct => "STRUCT",
        BtfKind.Union => "UNION",
        BtfKind.Enum => "ENUM",
        BtfKind.Fwd => "FWD",
        BtfKind.Typedef => "TYPEDEF",
        BtfKind.Volatile => "VOLATILE",
        BtfKind.Const => "CONST",
        BtfKind.Restrict => "RESTRICT",
        BtfKind.Func => "FUNC",
        BtfKind.FuncProto => "FUNC_PROTO",
        BtfKind.Var => "VAR",
        BtfKind.DataSec => "DATASEC",
        BtfKind.Float => "FLOAT",
        BtfKind.DeclTag => "DECL_TAG",
        BtfKind.TypeTag => "TYPE_TAG",
        BtfKind.Enum64 => "ENUM64",
        _ => "UNKNOWN",
    };

    /// <summary>The kind in C's words: <c>struct</c>, <c>typedef</c>, <c>enum</c> for both widths, <c>func_proto</c>.</summary>
    public static string Keyword(BtfType type) => type.Kind switch
    {
        BtfKind.Fwd => type.ForwardKind == BtfKind.Union ? "union (forward)" : "struct (forward)",
        BtfKind.Enum64 => "enum",
        BtfKind.DataSec => "section",
        > BtfKind.Enum64 and var unknown => string.Format(CultureInfo.InvariantCulture, "kind {0}", (int)unknown),
        var kind => Lower(Tag(kind)),
    };

    private static string Lower(string tag)
    {
        // CA1308 asks for upper case in comparisons; this is for display.
        char[] letters = tag.ToCharArray();
        for (int i = 0; i < letters.Length; i++)
            letters[i] = char.ToLowerInvariant(letters[i]);
        return new string(letters);
    }
}
