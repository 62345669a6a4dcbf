
namespace P3Ebpf.Object;

/// <summary>Takes an ELF file apart into what a BPF object is made of. Steps and rules: libbpf's <c>bpf_object__open</c>.</summary>
internal sealed class BpfObjectReader
{
    private readonly ElfFile _elf;
    private readonly string? _path;
    private readonly List<BpfMapSpec> _maps = [];
    private readonly List<string> _warnings = [];
    private readonly List<ElfSection> _structOps = [];
    private readonly List<ElfSection> _legacyMaps = [];
    private readonly ObjectSymbols _symbols;
    private BtfSpec? _btf;
    private BtfExt? _btfExt;
    private BtfFormatException? _btfFailure;
    private List<BpfExternSpec> _externs = [];
    private int _mapsSection = -1;
    private ElfSection? _arena;
    private ElfSection? _jumpTables;

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

    /// <summary>What errors call the file.</summary>
    private string File => _path ?? Name;

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

        var code = new FunctionReader(File, IsLittleEndian, _symbols, _btf, _warnings);
        var data = new DataSectionReader(File, Name, _symbols, _btf);
        foreach (ElfSection section in _elf.Sections)
            ReadSection(section, code, data);
        code.RequireNames();
        RequireBtf();
        var functions = new BpfFunctionTable(code.Functions);
        ReadLegacyMaps();
        if (_btf is not null)
        {
            ReadMapDefinitions(_btf);
            data.ReadArena(_arena, _maps);
            ReadStructOps(_btf, functions, code.Programs);
            _externs = new ExternReader(_btf, File).Read(_symbols.Table);
            if (data.KernelConfig(_externs) is { } configuration)
                _maps.Add(configuration);
            AssignTypes(_btf, data.Variables, code.Programs);
        }

        ReadRelocations(functions, code.Programs, data.Maps);
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
            Programs = new BpfNamedList<BpfProgramSpec>("program", code.Programs, p => p.Name),
            Maps = new BpfNamedList<BpfMapSpec>("map", _maps, m => m.Name),
            Variables = new BpfNamedList<BpfVariableSpec>("variable", data.Variables, v => v.Name),
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
        return Utf8Text.Of(end < 0 ? bytes : bytes[..end]);
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
        return text.IsEmpty ? null : Utf8Text.Of(text);
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

    private void ReadSection(ElfSection section, FunctionReader code, DataSectionReader data)
    {
        string name = section.Name;
        if (BpfObjectSections.IsLegacyMaps(name))
        {
            _legacyMaps.Add(section);
        }
        else if (name == BpfObjectSections.Maps)
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
                code.Read(section);
            else if (name == BpfObjectSections.Arena)
                _arena = section;
            else if (name == BpfObjectSections.JumpTables)
                _jumpTables = section;
            else if (BpfObjectSections.IsOrExtends(name, ".data") || BpfObjectSections.IsOrExtends(name, ".rodata"))
            {
                ReadOnlyMemory<byte> bytes = section.ReadData();
                _maps.Add(data.Read(section, new Lazy<byte[]>(bytes.ToArray)));
            }
        }
        else if (section.Type == ElfSectionType.NoBits && section.Size > 0 && BpfObjectSections.IsOrExtends(name, ".bss"))
        {
            ulong size = section.Size;
            _maps.Add(data.Read(section, new Lazy<byte[]>(() => new byte[size])));
        }
    }

    private void ReadLegacyMaps()
    {
        var reader = new LegacyMapReader(File, _btf, IsLittleEndian);
        foreach (ElfSection section in _legacyMaps.Where(section => section.Type == ElfSectionType.ProgramBits && section.Size > 0))
        {
            _maps.AddRange(reader.Read(section, _symbols.In(section.Index)));
            _warnings.Add($"section {section.Name} defines maps in the old way (struct bpf_map_def), which libbpf 1.0 and later refuse: define them in SEC(\"{BpfObjectSections.Maps}\")");
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

        _maps.AddRange(new MapDefinitionReader(btf, File).Read(dataSec, _mapsSection, offsets));
    }

    private void AssignTypes(BtfSpec btf, IEnumerable<BpfVariableSpec> variables, IEnumerable<BpfProgramSpec> programs)
    {
        Dictionary<string, Action<uint>> records = new(StringComparer.Ordinal);
        foreach (BpfMapSpec map in _maps)
        {
            map.Btf = btf;
            map.Inner?.Btf = btf;
            if (map.Type is BpfMapType.Ringbuf or BpfMapType.UserRingbuf or BpfMapType.PerfEventArray)
                records[map.Name + BpfObjectSections.RecordSuffix] = id => map.BtfRecordTypeId = id;
        }

        foreach (BpfProgramSpec program in programs)
        {
            program.Btf = btf;
            if (program.AttachPoint is BpfIteratorTarget)
                records[program.Name + BpfObjectSections.RecordSuffix] = id => program.BtfRecordTypeId = id;
        }

        foreach (BpfVariableSpec variable in variables)
        {
            if (!records.TryGetValue(variable.Name, out Action<uint>? assign) || btf.ResolveModifiers(new BtfTypeId(variable.BtfTypeId)) is not { Kind: BtfKind.Ptr } pointer)
                continue;
            BtfType record = btf.ResolveModifiers(pointer.TargetId);
            if (record.IsComposite || record.IsAnyEnum)
                assign(record.Id.Value);
        }
    }

    private void ReadStructOps(BtfSpec btf, BpfFunctionTable functions, List<BpfProgramSpec> programs)
    {
        var reader = new StructOpsReader(File, btf);
        foreach (ElfSection section in _structOps)
            _maps.AddRange(reader.Read(section, _symbols.VariablesIn(section.Index)));
        foreach (ElfSection section in _elf.Sections.Where(section => section.Type == ElfSectionType.Rel))
        {
            if (_elf.Sections.TryGet(section.Info, out ElfSection target) && StructOpsReader.IsStructOps(target))
                reader.ReadPrograms(target, section.ReadRelocations(), _symbols.Table, functions, programs);
        }
    }

    private void ReadRelocations(BpfFunctionTable functions, List<BpfProgramSpec> programs, IReadOnlyDictionary<int, BpfMapSpec> dataMaps)
    {
        var reader = new RelocationReader(File, IsLittleEndian, _symbols.Table, functions, programs, _maps, dataMaps, _externs, _arena, _jumpTables);
        foreach (ElfSection section in _elf.Sections)
        {
            if (section.Type != ElfSectionType.Rel || !_elf.Sections.TryGet(section.Info, out ElfSection target))
                continue;
            if (target.Index == _mapsSection)
                reader.ReadSlots(section.ReadRelocations(), _mapsSection);
            else if ((target.Flags & ElfSectionFlags.ExecInstr) != 0)
                reader.ReadInstructions(section.ReadRelocations(), target);
        }
    }

    private string Label(string section) => _path is null ? section : $"{_path} ({section})";

    private BpfObjectFormatException Failure(
        string problem, string? section = null, long offset = -1, string? hint = null, Exception? inner = null, string? detail = null) =>
        new(detail is null ? problem : $"{problem}: {detail}", File, section, offset, hint, inner);
}
