namespace P3Ebpf.Loader.Maps;

/// <summary>What a map is created with besides its specification: objects of the kernel that it refers to.</summary>
public sealed record BpfMapCreateOptions
{
    /// <summary>The BTF that has the specification's key and value types; without it the map has no types.</summary>
    public BtfObject? Btf { get; init; }

    /// <summary>For maps of maps: a map like those it will hold.</summary>
    public BpfMap? InnerMap { get; init; }

    /// <summary>For struct_ops: the value's type in the kernel's BTF.</summary>
    public uint BtfVmlinuxValueTypeId { get; init; }

    /// <summary>For struct_ops: bytes of the value, which the kernel's type decides and not the specification.</summary>
    public int? ValueSize { get; init; }

    /// <summary>For struct_ops of a module: the module's BTF.</summary>
    public BtfObject? ValueTypeBtf { get; init; }

    /// <summary>The network device to offload to; 0 for none.</summary>
    public uint InterfaceIndex { get; init; }
}
