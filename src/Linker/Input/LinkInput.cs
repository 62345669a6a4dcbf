using System.Numerics;
using P3Ebpf.Btf;
using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>One object to be linked, read and checked as a whole: nothing in it is believed later that was not checked here.</summary>
/// <remarks>Rules: <c>linker_load_obj_file</c> of libbpf and the checks that it calls.</remarks>
internal sealed class LinkInput
{
    private const string Recompile = "Compile it again with clang -target bpf -g -O2 -c.";

    /// <summary>Far above any use; a larger one would let small files ask for much padding.</summary>
    private const ulong MaxAlignment = 1 << 20;

    private static readonly ElfReadLimits Limits = new() { MaxDecompressedSize = 0 };

    private readonly LinkSection?[] _sections;

    private LinkInput(ElfFile elf, string name)
    {
        Name = name;
        CheckHeader(elf);
        CheckSizes(elf);
        IsLittleEndian = elf.Header.ByteOrder == ElfByteOrder.LittleEndian;
        _sections = ReadSections(elf);
        ElfSection symbols = SymbolTableOf(elf);
        Symbols = new LinkSymbolReader(this, elf).Read(symbols.ReadSymbols());
        Relocations = ReadRelocations(elf, (uint)symbols.Index);
        (Btf, BtfExt) = ReadTypes(elf);
        GlobalTypes = Btf is null ? new GlobalTypes() : GlobalTypes.Of(this, Btf);
    }

    /// <summary>What messages call the object.</summary>
    public string Name { get; }

    public bool IsLittleEndian { get; }

    /// <summary>The sections of code and data that go into the result, in the order of the file.</summary>
    public IEnumerable<LinkSection> Sections => _sections.OfType<LinkSection>();

    /// <summary>All symbols by their index in the file.</summary>
    public IReadOnlyList<LinkSymbol> Symbols { get; }

    /// <summary>The relocations of each section that has some and goes into the result.</summary>
    public IReadOnlyList<(LinkSection Target, ElfRelocation[] Relocations)> Relocations { get; }

    public BtfSpec? Btf { get; }

    public BtfExt? BtfExt { get; }

    /// <summary>What BTF says of the object's global symbols.</summary>
    public GlobalTypes GlobalTypes { get; }

    public static LinkInput Read(string path)
    {
        using ElfFile elf = ElfFile.Open(path, Limits);
        return new LinkInput(elf, path);
    }

    public static LinkInput Read(ReadOnlyMemory<byte> data, string name)
    {
        using ElfFile elf = ElfFile.Parse(data.ToArray(), Limits);
        return new LinkInput(elf, name);
    }

    /// <summary>The section with this index in the file, if it goes into the result.</summary>
    public LinkSection? SectionAt(uint index) => index < (uint)_sections.Length ? _sections[index] : null;

    /// <summary>The first section of this name that goes into the result.</summary>
    public LinkSection? SectionNamed(string name) => Sections.FirstOrDefault(s => s.Name == name);

    public BpfLinkException Failure(BpfLinkErrorCode code, string problem, string? section = null, long offset = -1, string? hint = null, Exception? inner = null) =>
        new(code, problem, Name, section, offset, hint ?? (code == BpfLinkErrorCode.Malformed ? Recompile : null), inner);

    private void CheckHeader(ElfFile elf)
    {
        ElfHeader header = elf.Header;
        if (header.Machine != ElfMachine.Bpf || header.Class != ElfClass.Elf64)
            throw Failure(BpfLinkErrorCode.NotABpfObject, $"not a BPF object: it is an ELF file for {header.Machine} ({header.Class})", hint: Recompile);
        if (header.Type != ElfType.Relocatable)
            throw Failure(BpfLinkErrorCode.NotABpfObject, $"not an object file: its ELF type is {header.Type}", hint: "Give the .o file that clang -c made.");
    }

    /// <summary>Sections that lie over each other would let a small file ask for any amount of memory.</summary>
    private void CheckSizes(ElfFile elf)
    {
        UInt128 total = 0;
        foreach (ElfSection section in elf.Sections)
            total += section.Type is ElfSectionType.NoBits or ElfSectionType.Null ? 0 : section.Size;
        if (total > (ulong)elf.Length)
            throw Failure(BpfLinkErrorCode.Malformed, $"its sections claim {total} bytes, more than the {elf.Length} of the file");
    }

    private LinkSection?[] ReadSections(ElfFile elf)
    {
        var sections = new LinkSection?[elf.Sections.Count];
        var names = new NameBudget(this, elf.Length);
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Index == 0)
                continue;
            string name = names.Take(section.NameBytes, "section", section.Index);
            if (!IsDropped(section, name))
                sections[section.Index] = ReadSection(section, name);
        }

        return sections;
    }

    private LinkSection? ReadSection(ElfSection section, string name)
    {
        if (section.Type is ElfSectionType.SymbolTable or ElfSectionType.StringTable or ElfSectionType.Rel)
            return null;
        if (section.Type is not (ElfSectionType.ProgramBits or ElfSectionType.NoBits))
        {
            throw Failure(
                BpfLinkErrorCode.Unsupported, $"sections of type {section.Type} cannot be linked", name,
                hint: section.Type == ElfSectionType.Group ? "Compile without functions in section groups (COMDAT: inline functions of C++ or Rust)." : null);
        }

        if (name.Length == 0)
            throw Failure(BpfLinkErrorCode.Malformed, $"section {section.Index} has no name");
        if ((section.Flags & (ElfSectionFlags.Compressed | ElfSectionFlags.Group)) != 0)
            throw Failure(BpfLinkErrorCode.Unsupported, "a section that is compressed or part of a group cannot be linked", name);
        ulong alignment = Math.Max(1, section.Alignment);
        if (!BitOperations.IsPow2(alignment) || alignment > MaxAlignment)
            throw Failure(BpfLinkErrorCode.Malformed, $"its alignment of {alignment} is no power of two up to {MaxAlignment}", name);
        if (section.Size > long.MaxValue / 4)
            throw Failure(BpfLinkErrorCode.Malformed, $"no section has {section.Size} bytes", name);

        var read = new LinkSection(
            section.Index, name, section.Type, section.Flags, (long)alignment, (long)section.EntrySize, (long)section.Size,
            section.Type == ElfSectionType.NoBits ? default : section.ReadData());
        return read.IsCode && read.Size % LinkSection.InstructionLength != 0
            ? throw Failure(BpfLinkErrorCode.Malformed, $"{read.Size} bytes are no whole number of instructions", name)
            : read;
    }

    /// <summary>What linking leaves behind: tables that are made anew, debug information, and a .text without functions.</summary>
    private static bool IsDropped(ElfSection section, string name) =>
        section.Type is ElfSectionType.Null or ElfSectionType.LlvmAddressSignificance
        || (section.Type == ElfSectionType.ProgramBits && section.Size == 0 && name == ".text")
        || name is LinkSection.Btf or LinkSection.BtfExt or (".rel" + LinkSection.Btf) or (".rel" + LinkSection.BtfExt)
        || name.StartsWith(".debug_", StringComparison.Ordinal) || name.StartsWith(".rel.debug_", StringComparison.Ordinal);

    private ElfSection SymbolTableOf(ElfFile elf)
    {
        ElfSection? found = null;
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Type != ElfSectionType.SymbolTable)
                continue;
            if (found is not null)
                throw Failure(BpfLinkErrorCode.Unsupported, "it has two symbol tables");
            found = section;
        }

        return found ?? throw Failure(BpfLinkErrorCode.Malformed, "it has no symbol table", hint: "It was stripped; strip BPF objects with llvm-strip -g only.");
    }

    private List<(LinkSection, ElfRelocation[])> ReadRelocations(ElfFile elf, uint symbolTable)
    {
        List<(LinkSection, ElfRelocation[])> all = [];
        foreach (ElfSection section in elf.Sections)
        {
            if (section.Type != ElfSectionType.Rel || SectionAt(section.Info) is not { } target)
                continue;
            if (section.Link != symbolTable)
                throw Failure(BpfLinkErrorCode.Malformed, $"the relocations in section {section.Index} refer to the symbols in section {section.Link}, where none are", target.Name);
            ElfRelocation[] relocations = [.. section.ReadRelocations()];
            foreach (ElfRelocation relocation in relocations)
                CheckRelocation(target, relocation);
            all.Add((target, relocations));
        }

        return all;
    }

    private void CheckRelocation(LinkSection target, ElfRelocation relocation)
    {
        long place = (long)Math.Min(relocation.Offset, long.MaxValue);
        int length = (BpfRelocationType)relocation.Type switch
        {
            BpfRelocationType.Load64 => target.IsCode ? 2 * LinkSection.InstructionLength : sizeof(ulong),
            BpfRelocationType.Call => LinkSection.InstructionLength,
            BpfRelocationType.Address64 => sizeof(ulong),
            BpfRelocationType.Address32 => sizeof(uint),
            _ => throw Failure(BpfLinkErrorCode.Unsupported, $"relocations of type {relocation.Type} cannot be linked", target.Name, place),
        };
        if (target.Type == ElfSectionType.NoBits || place > target.Size - length || (target.IsCode && place % LinkSection.InstructionLength != 0))
            throw Failure(BpfLinkErrorCode.Malformed, "a relocation points at nothing that could be relocated", target.Name, place);
        if (relocation.SymbolIndex == 0 || relocation.SymbolIndex >= (uint)Symbols.Count)
            throw Failure(BpfLinkErrorCode.Malformed, $"a relocation refers to symbol {relocation.SymbolIndex}, which does not exist", target.Name, place);
    }

    private (BtfSpec?, BtfExt?) ReadTypes(ElfFile elf)
    {
        if (!elf.TryGetSection(LinkSection.Btf, out ElfSection section) || section.Type != ElfSectionType.ProgramBits)
            return default;
        var btf = BtfSpec.Parse(section.ReadData(), new BtfReadOptions { PointerSize = 8, Source = $"{Name} ({LinkSection.Btf})" });
        return elf.TryGetSection(LinkSection.BtfExt, out ElfSection ext) && ext.Type == ElfSectionType.ProgramBits
            ? (btf, P3Ebpf.Btf.BtfExt.Parse(ext.ReadData(), btf, $"{Name} ({LinkSection.BtfExt})"))
            : (btf, null);
    }
}
