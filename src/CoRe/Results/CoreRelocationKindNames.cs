using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The short names of relocation kinds, as libbpf's log and the command line have them.</summary>
public static class CoreRelocationKindNames
{
    /// <summary>The name of a kind, for example <c>byte_off</c>; <c>unknown</c> where it has none.</summary>
    public static string Of(CoreRelocationKind kind) => kind switch
    {
        CoreRelocationKind.FieldByteOffset => "byte_off",
        CoreRelocationKind.FieldByteSize => "byte_sz",
        CoreRelocationKind.FieldExists => "field_exists",
        CoreRelocationKind.FieldSigned => "signed",
        CoreRelocationKind.FieldLeftShiftU64 => "lshift_u64",
        CoreRelocationKind.FieldRightShiftU64 => "rshift_u64",
        CoreRelocationKind.TypeIdLocal => "local_type_id",
        CoreRelocationKind.TypeIdTarget => "target_type_id",
        CoreRelocationKind.TypeExists => "type_exists",
        CoreRelocationKind.TypeSize => "type_size",
        CoreRelocationKind.EnumValueExists => "enumval_exists",
        CoreRelocationKind.EnumValue => "enumval_value",
        CoreRelocationKind.TypeMatches => "type_matches",
        _ => "unknown",
    };
}
