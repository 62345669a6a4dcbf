
namespace P3Ebpf.Object;

/// <summary>Makes maps of the sections of global variables, and finds the variables in them. Rules: libbpf's <c>bpf_object__init_global_data_maps</c>
/// and <c>btf_fixup_datasec</c>.</summary>
internal sealed class DataSectionReader(string file, string objectName, ObjectSymbols symbols, BtfSpec? btf)
{
    /// <summary>What .NET can keep in one array, somewhat below the kernel's INT_MAX for a map's value.</summary>
    private const ulong MaxDataSize = 1UL << 30;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<int, BpfMapSpec> _maps = [];

    /// <summary>The maps by the index of their section.</summary>
    public IReadOnlyDictionary<int, BpfMapSpec> Maps => _maps;

    public List<BpfVariableSpec> Variables { get; } = [];

    public BpfMapSpec Read(ElfSection section, Lazy<byte[]> data)
    {
        string name = section.Name;
        if (section.Size > MaxDataSize)
            throw Failure($"{section.Size} bytes of variables are more than a map's value can hold", name);
        if (!_names.Add(name))
            throw Failure("the object has a second section of this name", name, hint: "Give the variables of one section one name for it.");

        BtfType dataSec = default;
        bool hasTypes = btf is not null && btf.TryFind(name, BtfKind.DataSec, out dataSec);
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
            KernelName = BpfMapSpec.KernelNameOfData(objectName, name),
            BtfValueTypeId = hasTypes ? dataSec.Id.Value : 0,
        };
        _maps.Add(section.Index, map);
        if (hasTypes)
            AddVariables(dataSec, section, map);
        return map;
    }

    /// <summary>Global variables of address space 1 lie in the arena, of which an object has one. Rule: libbpf's <c>init_arena_map_data</c>.</summary>
    public void ReadArena(ElfSection? arena, IEnumerable<BpfMapSpec> maps)
    {
        BpfMapSpec[] arenas = [.. maps.Where(map => map.Type == BpfMapType.Arena)];
        if (arenas.Length > 1)
            throw Failure($"maps '{arenas[0].Name}' and '{arenas[1].Name}' are both arenas, of which an object can have one", BpfObjectSections.Maps);
        if (arena is not { } section)
            return;
        if (arenas.Length == 0)
            throw Failure("it holds variables of an arena, and the object has no map of that type", section.Name, hint: "Define a map of type BPF_MAP_TYPE_ARENA in SEC(\".maps\").");
        if (section.Size > MaxDataSize)
            throw Failure($"{section.Size} bytes of variables are more than an arena can hold", section.Name);
        ReadOnlyMemory<byte> data = section.ReadData();
        arenas[0].Data = new Lazy<byte[]>(data.ToArray);
        if (btf!.TryFind(section.Name, BtfKind.DataSec, out BtfType dataSec))
            AddVariables(dataSec, section, arenas[0]);
    }

    /// <summary>The values of the configuration that the object asks for make one map of their own.</summary>
    public BpfMapSpec? KernelConfig(IEnumerable<BpfExternSpec> externs)
    {
        int size = 0;
        foreach (BpfExternSpec config in externs.Where(e => e.Kind == BpfExternKind.KernelConfig))
            size = Math.Max(size, config.ConfigOffset + config.Size);
        if (size == 0)
            return null;
        return new BpfMapSpec(BpfObjectSections.KernelConfig)
        {
            Type = BpfMapType.Array,
            KeySize = sizeof(uint),
            ValueSize = size,
            MaxEntries = 1,
            Flags = BpfMapFlags.ReadOnlyProgram,
            Data = new Lazy<byte[]>(() => new byte[size]),
            IsData = true,
            IsReadOnly = true,
            KernelName = BpfMapSpec.KernelNameOfData(objectName, BpfObjectSections.KernelConfig),
        };
    }

    /// <summary>The compiler leaves the offsets of global variables in BTF to the loader, which takes them from the symbols.</summary>
    private void AddVariables(BtfType dataSec, ElfSection section, BpfMapSpec map)
    {
        Dictionary<string, ElfSymbol> named = symbols.VariablesIn(section.Index);
        foreach (BtfSectionVariable entry in dataSec.SectionVariables)
        {
            BtfType variable = btf![entry.TypeId];
            if (variable.Kind != BtfKind.Var)
                continue;
            string name = variable.Name.ToString();
            bool isStatic = variable.Linkage == BtfLinkage.Static;
            ulong offset = !isStatic && named.TryGetValue(name, out ElfSymbol symbol) ? symbol.Value : entry.Offset;
            if (offset > section.Size || entry.Size > section.Size - offset)
                throw Failure($"variable '{name}' of {entry.Size} bytes lies outside the section of {section.Size}", section.Name, (long)Math.Min(offset, long.MaxValue));
            Variables.Add(new BpfVariableSpec(name, map, (int)offset, (int)entry.Size, variable.TargetId.Value));
            if (!isStatic)
                map.Flags |= BpfMapFlags.Mmapable;
        }
    }

    private BpfObjectFormatException Failure(string problem, string section, long offset = -1, string? hint = null) => new(problem, file, section, offset, hint);
}
