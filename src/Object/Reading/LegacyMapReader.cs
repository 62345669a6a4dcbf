using System.Buffers.Binary;

namespace P3Ebpf.Object;

/// <summary>
/// Reads maps that are defined as <c>struct bpf_map_def</c> in a section <c>maps</c>: a type and four numbers, without types. Their types may stand
/// beside them in BTF (<c>BPF_ANNOTATE_KV_PAIR</c>).
/// </summary>
/// <remarks>Rules: <c>bpf_object__init_user_maps</c> and <c>bpf_map_find_btf_info</c> of libbpf before 1.0. Definitions of iproute2
/// (<c>struct bpf_elf_map</c>) begin with the same numbers; what more they say must be zero.</remarks>
internal sealed class LegacyMapReader(string file, BtfSpec? btf, bool littleEndian)
{
    /// <summary>Type, bytes of a key, bytes of a value, entries; flags were added later.</summary>
    private const int LeastLength = 4 * sizeof(uint);

    /// <exception cref="BpfObjectFormatException">A definition is none.</exception>
    public IEnumerable<BpfMapSpec> Read(ElfSection section, IEnumerable<ElfSymbol> symbols)
    {
        var maps = new List<BpfMapSpec>();
        ReadOnlyMemory<byte> data = section.ReadData();
        ElfSymbol[] definitions = [.. symbols.Where(symbol => symbol.Type is not (ElfSymbolType.Section or ElfSymbolType.Func) && symbol.Name.Length != 0).OrderBy(symbol => symbol.Value)];
        if (definitions.Length == 0)
            throw Failure(section, 0, "no symbol says where a map is defined");
        for (int i = 0; i < definitions.Length; i++)
        {
            ElfSymbol symbol = definitions[i];
            ulong end = i + 1 < definitions.Length ? Math.Min(definitions[i + 1].Value, (ulong)data.Length) : (ulong)data.Length;
            if (symbol.Value > end || end - symbol.Value < LeastLength)
                throw Failure(section, symbol.Value, $"map '{symbol.Name}' has no room for the {LeastLength} bytes that define one");
            maps.Add(Read(section, symbol, data.Span[(int)symbol.Value..(int)end]));
        }

        return maps;
    }

    private BpfMapSpec Read(ElfSection section, ElfSymbol symbol, ReadOnlySpan<byte> definition)
    {
        var map = new BpfMapSpec(symbol.Name)
        {
            Place = (section.Index, (long)symbol.Value),
            Type = (BpfMapType)Number(definition, 0),
            KeySize = Size(definition, 1),
            ValueSize = Size(definition, 2),
            MaxEntries = Number(definition, 3),
            Flags = (BpfMapFlags)Number(definition, 4),
        };
        if (map.Type == BpfMapType.Unspec)
            throw Failure(section, symbol.Value, $"map '{map.Name}' has no type");
        const int Known = LeastLength + sizeof(uint);
        if (definition.Length > Known && definition[Known..].IndexOfAnyExcept((byte)0) is >= 0 and var at)
            throw Failure(section, symbol.Value + (ulong)(Known + at), $"map '{map.Name}' says more than struct bpf_map_def does, such as what inner maps are like or where it is pinned");
        SetTypes(map);
        return map;

        int Size(ReadOnlySpan<byte> from, int index) => Number(from, index) is <= int.MaxValue and var size
            ? (int)size
            : throw Failure(section, symbol.Value, $"map '{symbol.Name}' has keys or values of {Number(from, index)} bytes, more than any map can have");
    }

    private uint Number(ReadOnlySpan<byte> definition, int index)
    {
        if (definition.Length < (index + 1) * sizeof(uint))
            return 0;
        definition = definition[(index * sizeof(uint))..];
        return littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(definition) : BinaryPrimitives.ReadUInt32BigEndian(definition);
    }

    private void SetTypes(BpfMapSpec map)
    {
        if (btf is null || !btf.TryFind("____btf_map_" + map.Name, BtfKind.Struct, out BtfType annotation) || annotation.Members.Count < 2)
            return;
        (BtfTypeId key, BtfTypeId value) = (annotation.Members[0].TypeId, annotation.Members[1].TypeId);
        if (btf.SizeOf(key) != map.KeySize || btf.SizeOf(value) != map.ValueSize)
            return;
        map.BtfKeyTypeId = key.Value;
        map.BtfValueTypeId = value.Value;
    }

    private BpfObjectFormatException Failure(ElfSection section, ulong offset, string problem) =>
        new(problem, file, section.Name, (long)Math.Min(offset, long.MaxValue), $"Define the maps in SEC(\"{BpfObjectSections.Maps}\").");
}
