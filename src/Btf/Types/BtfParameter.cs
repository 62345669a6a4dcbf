namespace P3Ebpf.Btf;

/// <summary>A parameter of a function prototype.</summary>
/// <param name="Name">Its name; empty in prototypes of pointers.</param>
/// <param name="TypeId">Its type.</param>
public readonly record struct BtfParameter(BtfString Name, BtfTypeId TypeId)
{
    /// <summary>Whether it stands for "any further arguments" (<c>...</c>).</summary>
    public bool IsVariadic => TypeId.IsVoid && Name.IsEmpty;
}
