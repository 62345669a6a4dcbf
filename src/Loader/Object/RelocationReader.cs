using P3Ebpf.Btf;
using P3Ebpf.CoRe;
using P3Ebpf.Elf;

namespace P3Ebpf.Loader;

/// <summary>Understands the ELF relocations of an object. The relocation's number does not matter, only the instruction's form.</summary>
internal sealed class RelocationReader(
    string? path,
    ElfSymbolTable symbols,
    IReadOnlyList<BpfFunction> functions,
    IReadOnlyList<BpfProgramSpec> programs,
    IReadOnlyList<BpfMapSpec> maps,
    IReadOnlyDictionary<int, BpfMapSpec> dataMaps,
    IReadOnlyList<BpfExternSpec> externs,
    int mapsSection)
{
    /// <summary>Section indexes from here on are no sections (SHN_LORESERVE).</summary>
    private const uint FirstReservedSection = 0xFF00;

    public void ReadInstructions(ElfRelocationTable relocations, ElfSection target)
    {
        string section = target.Name;
        foreach (ElfRelocation relocation in relocations)
        {
            if (relocation.Offset % BpfInstruction.Length != 0 || relocation.Offset >= target.Size)
                throw Failure(section, relocation, "does not point at an instruction");
            if (!symbols.TryGet(relocation.SymbolIndex, out ElfSymbol symbol))
                throw Failure(section, relocation, $"refers to symbol {relocation.SymbolIndex}, which does not exist");

            int index = (int)(relocation.Offset / BpfInstruction.Length);
            BpfFunction? function = functions.FirstOrDefault(f => f.SectionIndex == target.Index && f.Contains(index));

            // A linker that dropped a weak function leaves its instructions and relocations behind.
            if (function is null)
                continue;
            int own = index - function.SectionOffset;
            function.Relocations.Add(Understand(section, relocation, symbol, function.Instructions.Span[own], own));
        }
    }

    /// <summary>Relocations of <c>.maps</c> fill the slots of a map of maps or a program array.</summary>
    public void ReadSlots(ElfRelocationTable relocations, BtfSpec btf)
    {
        foreach (ElfRelocation relocation in relocations)
        {
            if (!symbols.TryGet(relocation.SymbolIndex, out ElfSymbol symbol))
                throw Failure(BpfObjectSections.Maps, relocation, $"refers to symbol {relocation.SymbolIndex}, which does not exist");
            BpfMapSpec? outer = maps.Where(m => !m.IsData && m.SectionOffset <= (long)relocation.Offset).MaxBy(m => m.SectionOffset);
            if (outer is null || !TryFindValues(btf, outer, out long valuesOffset) || (long)relocation.Offset < outer.SectionOffset + valuesOffset)
                throw Failure(BpfObjectSections.Maps, relocation, "lies in no map's 'values'");
            int slot = (int)(((long)relocation.Offset - outer.SectionOffset - valuesOffset) / sizeof(ulong));
            outer.Slots[slot] = outer.Type == BpfMapType.ProgArray
                ? new BpfSlotValue(null, programs.FirstOrDefault(p => p.Name == symbol.Name) ?? throw Failure(BpfObjectSections.Maps, relocation, $"refers to '{symbol.Name}', which is no program"))
                : new BpfSlotValue(MapAt(BpfObjectSections.Maps, relocation, symbol), null);
        }
    }

    private static bool TryFindValues(BtfSpec btf, BpfMapSpec map, out long offset)
    {
        offset = 0;
        if (!btf.TryFind(BpfObjectSections.Maps, BtfKind.DataSec, out BtfType dataSec))
            return false;
        foreach (BtfSectionVariable entry in dataSec.SectionVariables)
        {
            BtfType variable = btf[entry.TypeId];
            if (variable.Name.ToString() != map.Name)
                continue;
            foreach (BtfMember member in btf.ResolveModifiers(variable.TargetId).Members)
            {
                if (member.Name.Equals("values"u8))
                {
                    offset = member.BitOffset / 8;
                    return true;
                }
            }
        }

        return false;
    }

    private BpfRelocation Understand(string section, ElfRelocation relocation, ElfSymbol symbol, BpfInstruction instruction, int index)
    {
        bool isCall = instruction.IsCall;
        if (!isCall && !instruction.IsLoadImmediate64)
            throw Failure(section, relocation, $"belongs to an instruction that is neither a call nor a 64-bit load (code 0x{instruction.Code:x2})");

        if (symbol.IsUndefined && externs.FirstOrDefault(e => e.Name == symbol.Name) is { } extern_)
            return new BpfRelocation(index, isCall ? BpfRelocationKind.ExternCall : BpfRelocationKind.ExternLoad, Extern: extern_);

        uint sectionIndex = symbol.SectionIndex;
        if (sectionIndex is 0 or >= FirstReservedSection)
            throw Failure(section, relocation, $"refers to '{symbol.Name}', which is in no section", "Is a global variable missing its initial value?");

        string home = symbol.TryGetSection(out ElfSection symbolSection) ? symbolSection.Name : string.Empty;
        if (isCall)
        {
            if (instruction.SourceRegister != PseudoSource.Call || home != BpfObjectSections.Text || symbol.Value % BpfInstruction.Length != 0)
                throw Failure(section, relocation, $"calls '{symbol.Name}', which is no function of .text");
            return new BpfRelocation(index, BpfRelocationKind.Call, (long)symbol.Value);
        }

        if (home == BpfObjectSections.Text && symbol.Type is (ElfSymbolType.Section or ElfSymbolType.Func))
            return new BpfRelocation(index, BpfRelocationKind.SubprogramAddress, (long)symbol.Value);
        if (sectionIndex == (uint)mapsSection)
            return new BpfRelocation(index, BpfRelocationKind.Map, Map: MapAt(section, relocation, symbol));
        if (dataMaps.TryGetValue((int)sectionIndex, out BpfMapSpec? map))
            return new BpfRelocation(index, BpfRelocationKind.Data, (long)symbol.Value, map);
        throw Failure(section, relocation, $"refers to '{symbol.Name}' in section {home}, which cannot be loaded");
    }

    private BpfMapSpec MapAt(string section, ElfRelocation relocation, ElfSymbol symbol) =>
        (symbol.SectionIndex == (uint)mapsSection ? maps.FirstOrDefault(m => !m.IsData && m.SectionOffset == (long)symbol.Value) : null)
            ?? throw Failure(section, relocation, $"refers to '{symbol.Name}', which is no map");

    private BpfObjectFormatException Failure(string section, ElfRelocation relocation, string problem, string? hint = null) =>
        new($"the relocation {problem}", path, section, (long)Math.Min(relocation.Offset, long.MaxValue), hint);
}
