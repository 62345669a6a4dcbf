namespace P3Ebpf.Object;

/// <summary>An ELF relocation, understood: what has to be written into which instruction.</summary>
/// <param name="Instruction">The instruction's index in its function.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="SymbolOffset">Bytes from the start of the symbol's section to the symbol.</param>
/// <param name="Map">The map, for maps and global variables.</param>
/// <param name="Extern">The extern, for externs.</param>
/// <param name="Targets">Where a jump table leads: instructions of the same function.</param>
internal sealed record BpfRelocation(
    int Instruction, BpfRelocationKind Kind, long SymbolOffset = 0, BpfMapSpec? Map = null, BpfExternSpec? Extern = null, int[]? Targets = null);

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

    /// <summary>A global variable in an arena: a place in the arena's memory.</summary>
    ArenaData,

    /// <summary>A call of a kernel function.</summary>
    ExternCall,

    /// <summary>The value or address of an extern variable.</summary>
    ExternLoad,

    /// <summary>A table of places in the function, for an indirect jump.</summary>
    JumpTable,
}
