namespace P3Ebpf.Elf;

/// <summary>One relocation.</summary>
/// <param name="Offset">Where to change something: byte offset in the section (relocatable files), or virtual address.</param>
/// <param name="SymbolIndex">
/// Index in the symbol table that the relocation section's <see cref="ElfSection.Link"/> names; 0 for none.
/// </param>
/// <param name="Type">How; the numbers belong to the <see cref="ElfMachine"/>.</param>
/// <param name="Addend">
/// What to add to the symbol's value; null in <see cref="ElfSectionType.Rel"/> sections, where it stands at the place itself.
/// </param>
public readonly record struct ElfRelocation(ulong Offset, uint SymbolIndex, uint Type, long? Addend);
