namespace P3Ebpf.Object.Uapi;

/// <summary>What follows from the kind of a map.</summary>
public static class BpfMapTypes
{
    /// <summary>Whether an entry has one value for each possible CPU.</summary>
    public static bool IsPerCpu(this BpfMapType type) =>
        type is BpfMapType.PercpuHash or BpfMapType.PercpuArray or BpfMapType.LruPercpuHash or BpfMapType.PercpuCgroupStorage;

    /// <summary>Whether values are descriptors of other maps.</summary>
    public static bool IsMapOfMaps(this BpfMapType type) => type is BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps;

    /// <summary>Whether the kernel accepts BTF ids for key and value at creation.</summary>
    public static bool AcceptsBtf(this BpfMapType type) => type is not (
        BpfMapType.PerfEventArray or BpfMapType.CgroupArray or BpfMapType.StackTrace or BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps
        or BpfMapType.Devmap or BpfMapType.DevmapHash or BpfMapType.Cpumap or BpfMapType.Xskmap or BpfMapType.Sockmap
        or BpfMapType.Sockhash or BpfMapType.Queue or BpfMapType.Stack or BpfMapType.Arena);
}
