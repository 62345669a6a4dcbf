
namespace P3Ebpf.Object;

/// <summary>Takes an ELF file apart into what a BPF object is made of. Steps and rules: libbpf's <c>bpf_object__open</c>.</summary>
internal sealed class BpfObjectReader
{
    /// <summary>What .NET can keep in one array, somewhat below the kernel's INT_MAX for a map's value.</summary>
    private const ulong MaxDataSize = 1UL << 30;

    private readonly ElfFile _elf;
    private readonly string? _path;
    private readonly List<BpfFunction> _functions = [];
    private readonly List<BpfProgramSpec> _programs = [];
    private readonly List<BpfMapSpec> _maps = [];
    private readonly List<BpfVariableSpec> _variables = [];
    private readonly List<string> _warnings = [];
    private readonly Dictionary<int, BpfMapSpec> _dataMaps = [];
    private readonly List<ElfSection> _structOps = [];
    private readonly List<string> _unnamed = [];
    private readonly HashSet<string> _dataNames = new(StringComparer.Ordinal);
    private readonly ObjectSymbols _symbols;
    private BtfSpec? _btf;
    private BtfExt? _btfExt;
    private BtfFormatException? _btfFailure;
    private List<BpfExternSpec> _externs = [];
    private int _mapsSection = -1;
    private ElfSection? _arena;

    private BpfObjectReader(ElfFile elf, string name, string? path)
    {
        _elf = elf;
        _path = path;
        Name = name;
        CheckHeader();
        CheckSizes();
        _symbols = ReadSymbols();
    }

    private string Name { get; }

    private bool IsLittleEndian => _elf.Header.ByteOrder == ElfByteOrder.LittleEndian;

    public static BpfObjectSpec Read(ElfFile elf, string name, string? path)
    {
        try
        {
            return new BpfObjectReader(elf, name, path).Read();
        }
        catch (BtfFormatException e)
        {
            // BTF that can be read may still have types that make no sense when looked at, such as a typedef of itself.
            throw new BpfObjectFormatException(e.Problem, path ?? name, BpfObjectSections.Btf, e.Offset, hint: "It is damaged; compile it again.", inner: e);
        }
    }

    private BpfObjectSpec Read()
    {
        ReadBtf();
        string license = ReadLicense();
        uint? version = ReadVersion();

        foreach (ElfSection section in _elf.Sections)
            ReadSection(section);
        RequireFunctions();
        RequireBtf();
        var functions = new BpfFunctionTable(_functions);
        if (_btf is not null)
        {
            ReadMapDefinitions(_btf);
            ReadArena();
            ReadStructOps(_btf, functions);
            _externs = new ExternReader(_btf, _path ?? Name).Read(_symbols.Table);
            AddKernelConfigMap();
        }

        ReadRelocations(functions);
        if (_btfExt is not null)
            functions.AssignLines(_btfExt);
        return new BpfObjectSpec
        {
            Name = Name,
            Path = _path,
            ByteOrder = _elf.Header.ByteOrder,
            License = license,
            Producer = ReadProducer(),
            KernelVersion = version,
            Btf = _btf,
            BtfExt = _btfExt,
            KernelBtf = _btf is { } btf ? new Lazy<PreparedBtf>(() => ObjectBtfPreparer.Prepare(btf, _elf, _symbols)) : null,
            FunctionTable = functions,
            Programs = new BpfNamedList<BpfProgramSpec>("program", _programs, p => p.Name),
            Maps = new BpfNamedList<BpfMapSpec>("map", _maps, m => m.Name),
            Variables = new BpfNamedList<BpfVariableSpec>("variable", _variables, v => v.Name),
            Externs = _externs,
            ReadWarnings = _warnings,
        };
    }

    private void CheckHeader()
    {
        ElfHeader header = _elf.Header;
        if (header.Machine is not (ElfMachine.Bpf or ElfMachine.None) || header.Class != ElfClass.Elf64)
        {
            throw Failure(
                $"not a BPF object: it is an ELF file for {header.Machine} ({header.Class})",
                hint: "Compile the program with clang -target bpf -g -O2 -c.");
        }

        if (header.Type != ElfType.Relocatable)
            throw Failure($"not a BPF object file: its ELF type is {header.Type}, expected a relocatable object", hint: "Give the .o file that clang -c made.");
    }

    /// <summary>Sections that lie over each other would let a small file ask for any amount of memory.</summary>
    private void CheckSizes()
    {
        ulong left = (ulong)_elf.Length;
        foreach (ElfSection section in _elf.Sections)
        {
            ulong size = section.Type is ElfSectionType.NoBits or ElfSectionType.Null ? 0 : section.Size;
            if (size > left)
                throw Failure($"its sections claim more bytes than the {_elf.Length} of the file", section.Name, hint: "It is damaged; compile it again.");
            left -= size;
        }
    }

    private ObjectSymbols ReadSymbols() => _elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection section)
        ? new ObjectSymbols(section.ReadSymbols())
        : throw Failure("the object has no symbol table", hint: "It was stripped; strip BPF objects with llvm-strip -g only.");

    private void ReadBtf()
    {
        if (!_elf.TryGetSection(BpfObjectSections.Btf, out ElfSection btf) || btf.Type == ElfSectionType.NoBits)
            return;
        try
        {
            _btf = BtfSpec.Parse(btf.ReadData(), new BtfReadOptions { PointerSize = 8, Source = Label(BpfObjectSections.Btf) });
        }
        catch (BtfFormatException e)
        {
            // Programs that need no types work without; RequireBtf decides.
            _btfFailure = e;
            _warnings.Add(e.Message);
            return;
        }

        if (!_elf.TryGetSection(BpfObjectSections.BtfExt, out ElfSection ext) || ext.Type == ElfSectionType.NoBits)
            return;
        try
        {
            _btfExt = BtfExt.Parse(ext.ReadData(), _btf, Label(BpfObjectSections.BtfExt));
        }
        catch (BtfFormatException e)
        {
            _warnings.Add($"{e.Message}; ignored, so there are no CO-RE relocations and no source lines");
        }
    }

    /// <summary>Code that no symbol of a function names is no program to anybody; an object of nothing else would load as nothing.</summary>
    private void RequireFunctions()
    {
        const string Hint = "Very old compilers, and some tools that strip, leave such symbols: compile it with clang 10 or later, and strip it with llvm-strip -g only.";
        if (_unnamed.Count != 0 && _programs.Count == 0)
            throw Failure("it has instructions, but no symbol of type FUNC says where a program begins", _unnamed[0], hint: Hint);
        foreach (string section in _unnamed)
            _warnings.Add($"section {section} has instructions, but no symbol of type FUNC: there is no program in it");
    }

    /// <summary>Maps, structs of callbacks, externs and CO-RE are described by BTF alone.</summary>
    private void RequireBtf()
    {
        if (_btf is not null)
            return;
        bool needed = _mapsSection >= 0 || _structOps.Count > 0 || _arena is not null;
        foreach (ElfSymbol symbol in _symbols.In((int)ElfSectionIndex.Undefined))
            needed |= symbol.Index != 0 && symbol.Binding != ElfSymbolBinding.Local;
        if (!needed)
            return;
        if (_btfFailure is not null)
            throw Failure("its maps or externs are described by BTF, which is malformed", inner: _btfFailure, detail: _btfFailure.Message);
        throw Failure("it has maps or externs but no BTF, which alone describes them", hint: "Compile with -g, and do not strip .BTF.");
    }

    private string ReadLicense()
    {
        if (!_elf.TryGetSection(BpfObjectSections.License, out ElfSection section))
            return string.Empty;
        ReadOnlySpan<byte> bytes = section.ReadData().Span;
        int end = bytes.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>Compilers leave zero-terminated texts in a section for remarks.</summary>
    private string? ReadProducer()
    {
        const int Longest = 256;
        if (!_elf.TryGetSection(".comment", out ElfSection section) || section.Type != ElfSectionType.ProgramBits)
            return null;
        ReadOnlySpan<byte> text = section.ReadData().Span;
        while (!text.IsEmpty && text[0] == 0)
            text = text[1..];
        int end = text.IndexOf((byte)0);
        text = text[..Math.Min(Longest, end < 0 ? text.Length : end)];
        return text.IsEmpty ? null : System.Text.Encoding.UTF8.GetString(text);
    }

    private uint? ReadVersion()
    {
        if (!_elf.TryGetSection(BpfObjectSections.Version, out ElfSection section))
            return null;
        ReadOnlySpan<byte> bytes = section.ReadData().Span;
        if (bytes.Length != sizeof(uint))
            throw Failure($"it must have 4 bytes, not {bytes.Length}", BpfObjectSections.Version);
        return IsLittleEndian
            ? System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    private void ReadSection(ElfSection section)
    {
        string name = section.Name;
        if (name == "maps")
            throw Failure("map definitions of the old kind (struct bpf_map_def) carry no types", name, hint: "Define the maps in SEC(\".maps\").");
        if (name == BpfObjectSections.Maps)
        {
            _mapsSection = section.Index;
        }
        else if (StructOpsReader.IsStructOps(section))
        {
            _structOps.Add(section);
        }
        else if (section.Type == ElfSectionType.ProgramBits && section.Size > 0)
        {
            if ((section.Flags & ElfSectionFlags.ExecInstr) != 0)
                ReadFunctions(section, name);
            else if (name == BpfObjectSections.Arena)
                _arena = section;
            else if (BpfObjectSections.IsOrExtends(name, ".data") || BpfObjectSections.IsOrExtends(name, ".rodata"))
            {
                ReadOnlyMemory<byte> data = section.ReadData();
                AddDataMap(section, name, new Lazy<byte[]>(data.ToArray));
            }
        }
        else if (section.Type == ElfSectionType.NoBits && section.Size > 0 && BpfObjectSections.IsOrExtends(name, ".bss"))
        {
            ulong size = section.Size;
            AddDataMap(section, name, new Lazy<byte[]>(() => new byte[size]));
        }
    }

    private void ReadFunctions(ElfSection section, string name)
    {
        ReadOnlySpan<byte> code = section.ReadData().Span;
        bool optional = name.StartsWith('?');
        string sectionName = optional ? name[1..] : name;
        ulong end = 0;
        ElfSymbol? before = null;
        foreach (ElfSymbol symbol in _symbols.In(section.Index).Where(s => s.Type == ElfSymbolType.Func).OrderBy(s => s.Value).ThenBy(s => s.Binding == ElfSymbolBinding.Local))
        {
            ulong start = symbol.Value;
            ulong size = symbol.Size;
            if (before is { } same && same.Value == start && same.Size == size)
            {
                // Another name of the same instructions: whoever calls it says where, not which name is meant.
                if (name != BpfObjectSections.Text)
                    _warnings.Add($"section {name}: '{symbol.Name}' is another name of '{same.Name}', under which it is loaded");
                continue;
            }

            before = symbol;
            long place = (long)Math.Min(start, long.MaxValue);
            if (size == 0 || start % BpfInstruction.Length != 0 || size % BpfInstruction.Length != 0 || start > (ulong)code.Length || size > (ulong)code.Length - start)
                throw Failure($"function '{symbol.Name}' of {size} bytes at {start} is not a run of instructions within the section", name, place);
            if (start < end)
                throw Failure($"function '{symbol.Name}' overlaps the one before", name, place, "It is damaged, or was linked wrongly; compile it again.");
            end = start + size;

            var function = new BpfFunction(
                symbol.Name, name, section.Index, (int)(start / BpfInstruction.Length),
                BpfInstruction.Decode(code.Slice((int)start, (int)size), IsLittleEndian), _btf);
            _functions.Add(function);
            if (function.IsSubprogram)
                continue;
            if (symbol.Binding == ElfSymbolBinding.Local)
                throw Failure($"program '{symbol.Name}' is static", name, place, "Make it global: only global functions of a section are programs.");
            _programs.Add(new BpfProgramSpec(function, sectionName, optional));
        }

        if (before is null && name != BpfObjectSections.Text)
            _unnamed.Add(name);
    }

    private void AddDataMap(ElfSection section, string name, Lazy<byte[]> data)
    {
        if (section.Size > MaxDataSize)
            throw Failure($"{section.Size} bytes of variables are more than a map's value can hold", name);
        if (!_dataNames.Add(name))
            throw Failure("the object has a second section of this name", name, hint: "Give the variables of one section one name for it.");

        BtfType dataSec = default;
        bool hasTypes = _btf is not null && _btf.TryFind(name, BtfKind.DataSec, out dataSec);
        bool readOnly = BpfObjectSections.IsOrExtends(name, ".rodata");
        var map = new BpfMapSpec(name)
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = (int)section.Size,
            MaxEntries = 1,
            Flags = readOnly ? BpfMapFlags.ReadOnlyProgram : BpfMapFlags.None,
            Data = data,
            IsData = true,
            IsReadOnly = readOnly,
            KernelName = BpfMapSpec.KernelNameOfData(Name, name),
            BtfValueTypeId = hasTypes ? dataSec.Id.Value : 0,
        };
        _maps.Add(map);
        _dataMaps.Add(section.Index, map);
        if (hasTypes)
            AddVariables(dataSec, section, map);
    }

    /// <summary>The compiler leaves the offsets of global variables in BTF to the loader, which takes them from the symbols.</summary>
    private void AddVariables(BtfType dataSec, ElfSection section, BpfMapSpec map)
    {
        Dictionary<string, ElfSymbol> symbols = _symbols.VariablesIn(section.Index);
        foreach (BtfSectionVariable entry in dataSec.SectionVariables)
        {
            BtfType variable = _btf![entry.TypeId];
            if (variable.Kind != BtfKind.Var)
                continue;
            string name = variable.Name.ToString();
            bool isStatic = variable.Linkage == BtfLinkage.Static;
            ulong offset = !isStatic && symbols.TryGetValue(name, out ElfSymbol symbol) ? symbol.Value : entry.Offset;
            if (offset > section.Size || entry.Size > section.Size - offset)
                throw Failure($"variable '{name}' of {entry.Size} bytes lies outside the section of {section.Size}", section.Name, (long)Math.Min(offset, long.MaxValue));
            _variables.Add(new BpfVariableSpec(name, map, (int)offset, (int)entry.Size, variable.TargetId.Value));
            if (!isStatic)
                map.Flags |= BpfMapFlags.Mmapable;
        }
    }

    private void ReadMapDefinitions(BtfSpec btf)
    {
        if (_mapsSection < 0)
            return;
        if (!btf.TryFind(BpfObjectSections.Maps, BtfKind.DataSec, out BtfType dataSec))
            throw Failure("BTF does not describe it", BpfObjectSections.Maps, hint: "Compile with -g.");
        Dictionary<string, long> offsets = new(StringComparer.Ordinal);
        foreach ((string name, ElfSymbol symbol) in _symbols.VariablesIn(_mapsSection))
            offsets[name] = (long)symbol.Value;

        _maps.AddRange(new MapDefinitionReader(btf, _path ?? Name).Read(dataSec, offsets));
    }

    /// <summary>Global variables of address space 1 lie in the arena, of which an object has one. Rule: libbpf's <c>init_arena_map_data</c>.</summary>
    private void ReadArena()
    {
        BpfMapSpec[] arenas = [.. _maps.Where(map => map.Type == BpfMapType.Arena)];
        if (arenas.Length > 1)
            throw Failure($"maps '{arenas[0].Name}' and '{arenas[1].Name}' are both arenas, of which an object can have one", BpfObjectSections.Maps);
        if (_arena is not { } section)
            return;
        if (arenas.Length == 0)
            throw Failure("it holds variables of an arena, and the object has no map of that type", section.Name, hint: "Define a map of type BPF_MAP_TYPE_ARENA in SEC(\".maps\").");
        if (section.Size > MaxDataSize)
            throw Failure($"{section.Size} bytes of variables are more than an arena can hold", section.Name);
        ReadOnlyMemory<byte> data = section.ReadData();
        arenas[0].Data = new Lazy<byte[]>(data.ToArray);
        if (_btf!.TryFind(section.Name, BtfKind.DataSec, out BtfType dataSec))
            AddVariables(dataSec, section, arenas[0]);
    }

    private void ReadStructOps(BtfSpec btf, BpfFunctionTable functions)
    {
        var reader = new StructOpsReader(_path ?? Name, btf);
        foreach (ElfSection section in _structOps)
            _maps.AddRange(reader.Read(section, _symbols.VariablesIn(section.Index)));
        foreach (ElfSection section in _elf.Sections.Where(section => _structOps.Count > 0 && section.Type == ElfSectionType.Rel))
        {
            if (_elf.Sections.TryGet(section.Info, out ElfSection target) && StructOpsReader.IsStructOps(target))
                reader.ReadPrograms(target, section.ReadRelocations(), _symbols.Table, functions, _programs);
        }
    }

    private void AddKernelConfigMap()
    {
        int size = 0;
        foreach (BpfExternSpec config in _externs.Where(e => e.Kind == BpfExternKind.KernelConfig))
            size = Math.Max(size, config.ConfigOffset + config.Size);
        if (size == 0)
            return;
        _maps.Add(new BpfMapSpec(BpfObjectSections.KernelConfig)
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = size,
            MaxEntries = 1,
            Flags = BpfMapFlags.ReadOnlyProgram,
            Data = new Lazy<byte[]>(() => new byte[size]),
            IsData = true,
            IsReadOnly = true,
            KernelName = BpfMapSpec.KernelNameOfData(Name, BpfObjectSections.KernelConfig),
        });
    }

    private void ReadRelocations(BpfFunctionTable functions)
    {
        var reader = new RelocationReader(_path ?? Name, _symbols.Table, functions, _programs, _maps, _dataMaps, _externs, _mapsSection, _arena);
        foreach (ElfSection section in _elf.Sections)
        {
            if (section.Type != ElfSectionType.Rel || !_elf.Sections.TryGet(section.Info, out ElfSection target))
                continue;
            if (target.Index == _mapsSection)
                reader.ReadSlots(section.ReadRelocations());
            else if ((target.Flags & ElfSectionFlags.ExecInstr) != 0)
                reader.ReadInstructions(section.ReadRelocations(), target);
        }
    }

    private string Label(string section) => _path is null ? section : $"{_path} ({section})";

    private BpfObjectFormatException Failure(
        string problem, string? section = null, long offset = -1, string? hint = null, Exception? inner = null, string? detail = null) =>
        new(detail is null ? problem : $"{problem}: {detail}", _path ?? Name, section, offset, hint, inner);
}
