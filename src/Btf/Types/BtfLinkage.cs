namespace P3Ebpf.Btf;

/// <summary>The linkage of a function or variable.</summary>
public enum BtfLinkage
{
    /// <summary>Visible in its own file only.</summary>
    Static = 0,

    /// <summary>Visible to other files.</summary>
    Global = 1,

    /// <summary>Defined elsewhere.</summary>
    Extern = 2,
}
