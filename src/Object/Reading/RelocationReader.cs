using System.Buffers.Binary;

namespace P3Ebpf.Object;

/// <summary>Understands the ELF relocations of an object. The relocation's number does not matter, only the instruction's form.</summary>
internal sealed class RelocationReader
{
    private readonly string _file;
    private readonly bool _littleEndian;
    private readonly ElfSymbolTable _symbols;
    private readonly BpfFunctionTable _functions;
    private readonly Dictionary<BpfFunction, BpfProgramSpec> _programs;
    private readonly BpfMapSpec[] _maps;
    private readonly (int Section, long Offset)[] _mapPlaces;
    private readonly HashSet<uint> _mapSections;
    private readonly IReadOnlyDictionary<int, BpfMapSpec> _dataMaps;
    private readonly Dictionary<string, BpfExternSpec> _externs;
    private readonly ElfSection? _arena;
    private readonly ElfSection? _jumpTables;

    public RelocationReader(
        string file,
        bool littleEndian,
        ElfSymbolTable symbols,
        BpfFunctionTable functions,
        IEnumerable<BpfProgramSpec> programs,
        IEnumerable<BpfMapSpec> maps,
        IReadOnlyDictionary<int, BpfMapSpec> dataMaps,
        IEnumerable<BpfExternSpec> externs,
        ElfSection? arena,
        ElfSection? jumpTables)
    {
        _file = file;
        _littleEndian = littleEndian;
        _symbols = symbols;
        _functions = functions;
        _programs = programs.ToDictionary(p => p.Function);
        _maps = [.. maps.Where(m => !m.IsData && m.StructOps is null).OrderBy(m => m.Place)];
        _mapPlaces = [.. _maps.Select(m => m.Place)];
        _mapSections = [.. _maps.Select(m => (uint)m.Place.Index)];
        _dataMaps = dataMaps;
        _externs = externs.ToDictionary(e => e.Name, StringComparer.Ordinal);
        _arena = arena;
        _jumpTables = jumpTables;
    }

    public void ReadInstructions(ElfRelocationTable relocations, ElfSection target)
    {
        string section = target.Name;
        ulong size = target.Size;
        foreach (ElfRelocation relocation in relocations)
        {
            if (relocation.Offset % BpfInstruction.Length != 0 || relocation.Offset >= size)
                throw Failure(section, relocation, "does not point at an instruction");
            ElfSymbol symbol = SymbolOf(section, relocation);
            long instruction = (long)(relocation.Offset / BpfInstruction.Length);

            // A linker that dropped a weak function leaves its instructions and relocations behind.
            if (_functions.Find(target.Index, instruction) is not { } function)
                continue;
            int own = (int)(instruction - function.SectionOffset);
            function.Relocations.Add(Understand(section, relocation, symbol, function, own));
        }
    }

    /// <summary>Relocations of <c>.maps</c> fill the slots of a map of maps or a program array.</summary>
    public void ReadSlots(ElfRelocationTable relocations, int section)
    {
        foreach (ElfRelocation relocation in relocations)
        {
            ElfSymbol symbol = SymbolOf(BpfObjectSections.Maps, relocation);
            BpfMapSpec? outer = MapBefore(section, relocation.Offset);
            long place = outer?.ValuesOffset is { } values ? (long)relocation.Offset - outer.Place.Offset - values : -1;
            if (place < 0 || place % sizeof(ulong) != 0 || place / sizeof(ulong) > int.MaxValue)
                throw Failure(BpfObjectSections.Maps, relocation, "lies in no map's 'values'");
            if (outer!.KeySize != sizeof(uint))
                throw Failure(BpfObjectSections.Maps, relocation, $"fills a slot of '{outer.Name}', whose keys have {outer.KeySize} bytes and not 4");
            outer.Slots[(int)(place / sizeof(ulong))] = outer.Type == BpfMapType.ProgArray
                ? new BpfSlotValue(null, ProgramAt(relocation, symbol))
                : new BpfSlotValue(MapAt(BpfObjectSections.Maps, relocation, symbol, 0), null);
        }
    }

    private BpfRelocation Understand(string section, ElfRelocation relocation, ElfSymbol symbol, BpfFunction function, int index)
    {
        BpfInstruction instruction = function.Instructions.Span[index];
        bool isCall = instruction.IsCall;
        if (!isCall && !instruction.IsLoadImmediate64)
            throw Failure(section, relocation, $"belongs to an instruction that is neither a call nor a 64-bit load (code 0x{instruction.Code:x2})");

        if (symbol.IsUndefined && _externs.TryGetValue(symbol.Name, out BpfExternSpec? item))
            return new BpfRelocation(index, isCall ? BpfRelocationKind.ExternCall : BpfRelocationKind.ExternLoad, Extern: item);

        uint sectionIndex = symbol.SectionIndex;
        if (sectionIndex is ElfSectionIndex.Undefined or >= ElfSectionIndex.LowReserve)
            throw Failure(section, relocation, $"refers to '{symbol.Name}', which is in no section", "Is a global variable missing its initial value?");

        string home = symbol.TryGetSection(out ElfSection symbolSection) ? symbolSection.Name : string.Empty;
        if (isCall)
        {
            if (symbol.Type == ElfSymbolType.Func && home.Length != 0 && home != BpfObjectSections.Text)
            {
                throw Failure(
                    section, relocation, $"calls '{symbol.Name}' of section {home}: functions that are called must lie in .text",
                    $"Remove the section attribute of {symbol.Name}: only programs have sections of their own.");
            }

            if (instruction.CallKind != BpfCallKind.Subprogram || home != BpfObjectSections.Text || symbol.Value % BpfInstruction.Length != 0)
                throw Failure(section, relocation, $"calls '{symbol.Name}', which is no function of .text");
            return new BpfRelocation(index, BpfRelocationKind.Call, (long)symbol.Value);
        }

        if (home == BpfObjectSections.Text && symbol.Type is (ElfSymbolType.Section or ElfSymbolType.Func))
            return new BpfRelocation(index, BpfRelocationKind.SubprogramAddress, (long)symbol.Value);
        if (_mapSections.Contains(sectionIndex))
            return new BpfRelocation(index, BpfRelocationKind.Map, Map: MapAt(section, relocation, symbol, instruction.Immediate));
        if (_arena is { } arena && sectionIndex == (uint)arena.Index)
        {
            return symbol.Value <= arena.Size
                ? new BpfRelocation(index, BpfRelocationKind.ArenaData, (long)symbol.Value, _maps.First(map => map.Type == BpfMapType.Arena))
                : throw Failure(section, relocation, $"refers to '{symbol.Name}', which lies outside {home}");
        }

        if (_jumpTables is { } tables && sectionIndex == (uint)tables.Index)
            return new BpfRelocation(index, BpfRelocationKind.JumpTable, (long)symbol.Value, Targets: TargetsOf(section, relocation, symbol, tables, function));
        if (_dataMaps.TryGetValue((int)sectionIndex, out BpfMapSpec? map))
        {
            return symbol.Value <= (ulong)map.ValueSize
                ? new BpfRelocation(index, BpfRelocationKind.Data, (long)symbol.Value, map)
                : throw Failure(section, relocation, $"refers to '{symbol.Name}', which lies outside {home}");
        }

        throw Failure(section, relocation, $"refers to '{symbol.Name}' in section {home}, which cannot be loaded");
    }

    /// <summary>A table has 64-bit numbers: bytes from the start of the section of code that jumps by it. Rule: libbpf's <c>create_jt_map</c>.</summary>
    private int[] TargetsOf(string section, ElfRelocation relocation, ElfSymbol symbol, ElfSection tables, BpfFunction function)
    {
        ReadOnlySpan<byte> data = tables.ReadData().Span;
        if (symbol.Value % sizeof(ulong) != 0 || symbol.Size % sizeof(ulong) != 0 || symbol.Size == 0 || symbol.Value > (ulong)data.Length || symbol.Size > (ulong)data.Length - symbol.Value)
            throw Failure(section, relocation, $"refers to the jump table '{symbol.Name}' of {symbol.Size} bytes at {symbol.Value}, which is no run of 8-byte entries of {tables.Name}");
        data = data.Slice((int)symbol.Value, (int)symbol.Size);
        int[] targets = new int[data.Length / sizeof(ulong)];
        for (int i = 0; i < targets.Length; i++)
        {
            ReadOnlySpan<byte> entry = data.Slice(i * sizeof(ulong), sizeof(ulong));
            ulong place = _littleEndian ? BinaryPrimitives.ReadUInt64LittleEndian(entry) : BinaryPrimitives.ReadUInt64BigEndian(entry);
            if (place % BpfInstruction.Length != 0 || !function.Contains((long)(place / BpfInstruction.Length)))
                throw Failure(section, relocation, $"refers to the jump table '{symbol.Name}', whose entry {i} leads to {place}, outside of '{function.Name}'");
            targets[i] = (int)(place / BpfInstruction.Length) - function.SectionOffset;
        }

        return targets;
    }

    private ElfSymbol SymbolOf(string section, ElfRelocation relocation) => _symbols.TryGet(relocation.SymbolIndex, out ElfSymbol symbol)
        ? symbol
        : throw Failure(section, relocation, $"refers to symbol {relocation.SymbolIndex}, which does not exist");

    /// <summary>The last map of a section that begins at a place or before.</summary>
    private BpfMapSpec? MapBefore(int section, ulong offset)
    {
        int index = Array.BinarySearch(_mapPlaces, (section, (long)Math.Min(offset, long.MaxValue)));
        index = index < 0 ? ~index - 1 : index;
        return index < 0 || _maps[index].Place.Index != section ? null : _maps[index];
    }

    /// <summary>The map that a relocation means; what the instruction adds (<paramref name="distance"/>) counts where it names no more than the section: static maps.</summary>
    private BpfMapSpec MapAt(string section, ElfRelocation relocation, ElfSymbol symbol, int distance)
    {
        ulong place = symbol.Value + (symbol.Type == ElfSymbolType.Section ? (uint)distance : 0);
        BpfMapSpec? map = symbol.SectionIndex < ElfSectionIndex.LowReserve ? MapBefore((int)symbol.SectionIndex, place) : null;
        return map is not null && (ulong)map.Place.Offset == place ? map : throw Failure(section, relocation, $"refers to '{symbol.Name}', which is no map");
    }

    private BpfProgramSpec ProgramAt(ElfRelocation relocation, ElfSymbol symbol)
    {
        BpfFunction? function = symbol.SectionIndex < ElfSectionIndex.LowReserve && symbol.Value % BpfInstruction.Length == 0
            ? _functions.FindStart((int)symbol.SectionIndex, (long)(symbol.Value / BpfInstruction.Length))
            : null;
        return function is not null && _programs.TryGetValue(function, out BpfProgramSpec? program)
            ? program
            : throw Failure(BpfObjectSections.Maps, relocation, $"refers to '{symbol.Name}', which is no program");
    }

    private BpfObjectFormatException Failure(string section, ElfRelocation relocation, string problem, string? hint = null) =>
        new($"the relocation {problem}", _file, section, (long)Math.Min(relocation.Offset, long.MaxValue), hint);
}
