using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Questions about kinds of types (libbpf: <c>btf_kind_core_compat</c>) and kinds of relocations (<c>core_relo_is_field_based</c> and its like).</summary>
internal static class CoreKinds
{
    /// <summary>Whether two kinds are the same, enumerations of either width taken as one.</summary>
    public static bool AreCompatible(BtfKind left, BtfKind right) => left == right || (IsAnyEnum(left) && IsAnyEnum(right));

    public static bool IsFieldBased(CoreRelocationKind kind) => kind <= CoreRelocationKind.FieldRightShiftU64;

    public static bool IsEnumBased(CoreRelocationKind kind) => kind is CoreRelocationKind.EnumValueExists or CoreRelocationKind.EnumValue;

    public static bool IsTypeBased(CoreRelocationKind kind) => kind is CoreRelocationKind.TypeIdLocal or CoreRelocationKind.TypeIdTarget
        or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeSize or CoreRelocationKind.TypeMatches;

    /// <summary>Whether the answer is 0, and not an invalid instruction, where the target has nothing that fits.</summary>
    public static bool AnswersZero(CoreRelocationKind kind) =>
        IsTypeBased(kind) || kind is CoreRelocationKind.FieldExists or CoreRelocationKind.EnumValueExists;

    private static bool IsAnyEnum(BtfKind kind) => kind is BtfKind.Enum or BtfKind.Enum64;
}
