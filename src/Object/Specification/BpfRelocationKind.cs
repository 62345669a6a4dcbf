namespace P3Ebpf.Object;

/// <summary>What an ELF relocation of an instruction stands for.</summary>
internal enum BpfRelocationKind
{
    /// <summary>A call of a subprogram.</summary>
    Call,

    /// <summary>The address of a subprogram, for a callback.</summary>
    SubprogramAddress,

    /// <summary>A map.</summary>
    Map,

    /// <summary>A global variable: a place in the value of a data map.</summary>
    Data,

    /// <summary>A call of a kernel function.</summary>
    ExternCall,

    /// <summary>The value or address of an extern variable.</summary>
    ExternLoad,
}
