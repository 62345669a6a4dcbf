using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>What the kernel tells about a map, <c>struct bpf_map_info</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 88)]
internal struct MapInfo
{
    [FieldOffset(0)] public BpfMapType Type;
    [FieldOffset(4)] public uint Id;
    [FieldOffset(8)] public uint KeySize;
    [FieldOffset(12)] public uint ValueSize;
    [FieldOffset(16)] public uint MaxEntries;
    [FieldOffset(20)] public BpfMapFlags MapFlags;
    [FieldOffset(24)] public KernelName Name;
    [FieldOffset(40)] public uint InterfaceIndex;
    [FieldOffset(44)] public uint BtfVmlinuxValueTypeId;
    [FieldOffset(64)] public uint BtfId;
    [FieldOffset(68)] public uint BtfKeyTypeId;
    [FieldOffset(72)] public uint BtfValueTypeId;
    [FieldOffset(80)] public ulong MapExtra;
}
