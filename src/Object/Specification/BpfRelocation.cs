namespace P3Ebpf.Object;

/// <summary>An ELF relocation, understood: what has to be written into which instruction.</summary>
/// <param name="Instruction">The instruction's index in its function.</param>
/// <param name="Kind">What it stands for.</param>
/// <param name="SymbolOffset">Bytes from the start of the symbol's section to the symbol.</param>
/// <param name="Map">The map, for maps and global variables.</param>
/// <param name="Extern">The extern, for externs.</param>
internal sealed record BpfRelocation(
    int Instruction, BpfRelocationKind Kind, long SymbolOffset = 0, BpfMapSpec? Map = null, BpfExternSpec? Extern = null);
