namespace P3Ebpf.CoRe;

/// <summary>How deep a comparison looks into a type.</summary>
internal enum CoreUsageDepth
{
    /// <summary>Kind, name and size; typedefs, qualifiers and arrays are followed.</summary>
    Shape,

    /// <summary>What pointers and prototypes refer to as well (type compatibility).</summary>
    Pointees,

    /// <summary>The members of structs that are not behind a pointer as well (type match).</summary>
    Members,
}
