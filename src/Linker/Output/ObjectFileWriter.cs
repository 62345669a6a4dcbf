using LibObjectFile.Elf;
using BpfElf = P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>Writes the result as an ELF file: the one place where LibObjectFile is used, and only with what was checked before.</summary>
internal static class ObjectFileWriter
{
    private const int TypeAlignment = 8;

    public static byte[] Write(bool littleEndian, SectionLayout layout, SymbolResolution symbols, RelocationRewriter relocations, MergedTypes? types)
    {
        var file = new ElfFile(ElfArch.BPF, ElfFileClass.Is64, littleEndian ? ElfEncoding.Lsb : ElfEncoding.Msb)
        {
            FileType = ElfFileType.Relocatable,
        };
        Dictionary<LinkedSection, ElfSection> sections = [];
        foreach (LinkedSection section in layout.Sections)
            sections.Add(section, file.Add(SectionOf(section)));

        var names = new ElfStringTable { VirtualAddressAlignment = 1 };
        var table = new ElfSymbolTable(false) { Link = names, VirtualAddressAlignment = sizeof(ulong) };
        Dictionary<LinkedSymbol, uint> indices = AddSymbols(table, symbols, sections);
        foreach (LinkedSection section in layout.Sections)
        {
            if (relocations.Of(section) is { Count: > 0 } own)
                _ = file.Add(RelocationsOf(section, own, sections[section], table, indices));
        }

        if (types is not null)
        {
            _ = file.Add(BytesOf(LinkSection.Btf, types.ToBtf(littleEndian)));
            if (types.ToBtfExt() is { Length: > 0 } ext)
                _ = file.Add(BytesOf(LinkSection.BtfExt, ext));
        }

        _ = file.Add(table);
        _ = file.Add(names);
        _ = file.Add(new ElfSectionHeaderStringTable { VirtualAddressAlignment = 1 });
        _ = file.Add(new ElfSectionHeaderTable { FileAlignment = sizeof(ulong) });
        foreach (ElfSection section in file.Sections)
            section.FileAlignment = (uint)Math.Max(1, section.VirtualAddressAlignment);
        using var bytes = new MemoryStream();
        file.Write(bytes);
        return bytes.ToArray();
    }

    private static ElfSection SectionOf(LinkedSection section)
    {
        ElfSection written = section.Type == BpfElf.ElfSectionType.NoBits
            ? new ElfNoBitsSection { Size = (ulong)section.Size }
            : new ElfStreamSection(ElfSectionType.ProgBits, new MemoryStream(section.Data));
        written.Name = section.Name;
        written.Flags = (ElfSectionFlags)(uint)section.Flags;
        written.VirtualAddressAlignment = (ulong)section.Alignment;
        written.AdditionalTableEntrySize = (uint)section.EntrySize;
        return written;
    }

    private static ElfStreamSection BytesOf(string name, byte[] data) =>
        new(ElfSectionType.ProgBits, new MemoryStream(data)) { Name = name, VirtualAddressAlignment = TypeAlignment };

    /// <summary>Local symbols come first, as ELF demands.</summary>
    private static Dictionary<LinkedSymbol, uint> AddSymbols(ElfSymbolTable table, SymbolResolution symbols, Dictionary<LinkedSection, ElfSection> sections)
    {
        Dictionary<LinkedSymbol, uint> indices = [];
        foreach (LinkedSymbol symbol in symbols.Locals.Concat(symbols.Globals))
        {
            indices.Add(symbol, (uint)table.Entries.Count);
            table.Entries.Add(new ElfSymbol
            {
                Name = symbol.Name,
                Type = (ElfSymbolType)(byte)symbol.Type,
                Bind = (ElfSymbolBind)(byte)symbol.Binding,
                Visibility = (ElfSymbolVisibility)(byte)symbol.Visibility,
                SectionLink = symbol.Section is not null ? sections[symbol.Section] : symbol.IsAbsolute ? ElfSectionLink.SectionAbsolute : ElfSectionLink.Empty,
                Value = (ulong)symbol.Value,
                Size = (ulong)symbol.Size,
            });
        }

        return indices;
    }

    private static ElfRelocationTable RelocationsOf(
        LinkedSection section, IReadOnlyList<LinkedRelocation> relocations, ElfSection target, ElfSymbolTable symbols, Dictionary<LinkedSymbol, uint> indices)
    {
        var table = new ElfRelocationTable(false)
        {
            Name = ".rel" + section.Name,
            Link = symbols,
            Info = target,
            Flags = ElfSectionFlags.InfoLink,
            VirtualAddressAlignment = sizeof(ulong),
        };
        foreach (LinkedRelocation relocation in relocations)
            table.Entries.Add(new ElfRelocation((ulong)relocation.Offset, new ElfRelocationType(ElfArch.BPF, (uint)relocation.Type), indices[relocation.Symbol], 0));
        return table;
    }
}
