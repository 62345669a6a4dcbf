namespace P3Ebpf.Loader.Maps;

/// <summary>What a map is created with.</summary>
public sealed record BpfMapOptions
{
    /// <summary>The kind of map.</summary>
    public required BpfMapType Type { get; init; }

    /// <summary>Bytes of a key; 0 for kinds without keys.</summary>
    public int KeySize { get; init; }

    /// <summary>Bytes of a value, of one CPU for per-CPU kinds.</summary>
    public int ValueSize { get; init; }

    /// <summary>Most entries; for ring buffers the size in bytes, a power of two and a multiple of the page size.</summary>
    public uint MaxEntries { get; init; }

    /// <summary>Creation flags.</summary>
    public BpfMapFlags Flags { get; init; }

    /// <summary>The map's name. The kernel keeps 15 characters of <c>[A-Za-z0-9_.]</c>; others become <c>_</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>BTF that describes key and value.</summary>
    public BtfObject? Btf { get; init; }

    /// <summary>The key's type in <see cref="Btf"/>; 0 for none.</summary>
    public uint BtfKeyTypeId { get; init; }

    /// <summary>The value's type in <see cref="Btf"/>; 0 for none.</summary>
    public uint BtfValueTypeId { get; init; }

    /// <summary>For struct_ops: the value's type in the kernel's BTF.</summary>
    public uint BtfVmlinuxValueTypeId { get; init; }

    /// <summary>For struct_ops of a module: the module's BTF.</summary>
    public BtfObject? ValueTypeBtf { get; init; }

    /// <summary>For maps of maps: a map like those it will hold.</summary>
    public BpfMap? InnerMap { get; init; }

    /// <summary>The NUMA node to allocate on; null for any.</summary>
    public int? NumaNode { get; init; }

    /// <summary>Type-specific: hash functions of a bloom filter, address of an arena.</summary>
    public ulong Extra { get; init; }

    /// <summary>The network device to offload to; 0 for none.</summary>
    public uint InterfaceIndex { get; init; }
}
