namespace P3Ebpf.Elf;

/// <summary>One entry of the dynamic section.</summary>
/// <param name="Tag">What it says.</param>
/// <param name="Value">
/// A number, an address, or an offset in the string table (<see cref="ElfDynamicTable.GetString"/>), as the tag has it.
/// </param>
public readonly record struct ElfDynamicEntry(ElfDynamicTag Tag, ulong Value);
