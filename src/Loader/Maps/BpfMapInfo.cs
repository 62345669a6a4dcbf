namespace P3Ebpf.Loader.Maps;

/// <summary>What the kernel tells about a map.</summary>
public sealed record BpfMapInfo
{
    /// <summary>The kernel's number for the map.</summary>
    public required uint Id { get; init; }

    /// <summary>The kind of map.</summary>
    public required BpfMapType Type { get; init; }

    /// <summary>The name as the kernel keeps it, at most 15 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of a key.</summary>
    public required int KeySize { get; init; }

    /// <summary>Bytes of a value, of one CPU for per-CPU kinds.</summary>
    public required int ValueSize { get; init; }

    /// <summary>Most entries; bytes for ring buffers.</summary>
    public required uint MaxEntries { get; init; }

    /// <summary>Creation flags.</summary>
    public required BpfMapFlags Flags { get; init; }

    /// <summary>Type-specific.</summary>
    public required ulong Extra { get; init; }

    /// <summary>The id of the BTF that describes key and value; 0 for none.</summary>
    public required uint BtfId { get; init; }

    /// <summary>The key's type in that BTF.</summary>
    public required uint BtfKeyTypeId { get; init; }

    /// <summary>The value's type in that BTF.</summary>
    public required uint BtfValueTypeId { get; init; }

    /// <summary>Of a struct_ops map, the type of its value in the kernel's own BTF; 0 for other kinds.</summary>
    public required uint BtfVmlinuxValueTypeId { get; init; }

    internal static BpfMapInfo From(in MapInfo info) => new()
    {
        Id = info.Id,
        Type = info.Type,
        Name = info.Name.ToString(),
        KeySize = checked((int)info.KeySize),
        ValueSize = checked((int)info.ValueSize),
        MaxEntries = info.MaxEntries,
        Flags = info.MapFlags,
        Extra = info.MapExtra,
        BtfId = info.BtfId,
        BtfKeyTypeId = info.BtfKeyTypeId,
        BtfValueTypeId = info.BtfValueTypeId,
        BtfVmlinuxValueTypeId = info.BtfVmlinuxValueTypeId,
    };
}
