namespace P3Ebpf.Btf;

/// <summary>The kind of a BTF type record, numbered as in <c>include/uapi/linux/btf.h</c>.</summary>
/// <remarks>
/// A file may hold kinds that are not listed here when its layout section tells their size; such records are kept as opaque types
/// so that the ids after them stay right.
/// </remarks>
public enum BtfKind : byte
{
    /// <summary>Type id 0; never stored in a file.</summary>
    Void = 0,

    /// <summary>An integer, a character or a boolean.</summary>
    Int = 1,

    /// <summary>A pointer.</summary>
    Ptr = 2,

    /// <summary>An array.</summary>
    Array = 3,

    /// <summary>A struct.</summary>
    Struct = 4,

    /// <summary>A union.</summary>
    Union = 5,

    /// <summary>An enumeration with values of up to 32 bits.</summary>
    Enum = 6,

    /// <summary>A forward declaration of a struct or a union.</summary>
    Fwd = 7,

    /// <summary>A typedef.</summary>
    Typedef = 8,

    /// <summary>The <c>volatile</c> qualifier.</summary>
    Volatile = 9,

    /// <summary>The <c>const</c> qualifier.</summary>
    Const = 10,

    /// <summary>The <c>restrict</c> qualifier.</summary>
    Restrict = 11,

    /// <summary>A function.</summary>
    Func = 12,

    /// <summary>A function prototype.</summary>
    FuncProto = 13,

    /// <summary>A variable.</summary>
    Var = 14,

    /// <summary>A section of variables.</summary>
    DataSec = 15,

    /// <summary>A floating-point number.</summary>
    Float = 16,

    /// <summary>The <c>btf_decl_tag</c> attribute.</summary>
    DeclTag = 17,

    /// <summary>The <c>btf_type_tag</c> attribute.</summary>
    TypeTag = 18,

    /// <summary>An enumeration with 64-bit values.</summary>
    Enum64 = 19,
}
