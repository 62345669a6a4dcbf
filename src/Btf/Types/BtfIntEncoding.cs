namespace P3Ebpf.Btf;

/// <summary>How an integer is read (BTF_INT_SIGNED, _CHAR, _BOOL).</summary>
[Flags]
public enum BtfIntEncoding : byte
{
    /// <summary>An unsigned number.</summary>
    None = 0,

    /// <summary>A signed number.</summary>
    Signed = 1,

    /// <summary>A character.</summary>
    Char = 2,

    /// <summary>A truth value.</summary>
    Bool = 4,
}
