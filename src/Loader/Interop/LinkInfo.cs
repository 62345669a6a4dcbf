using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>What the kernel tells about a link, <c>struct bpf_link_info</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct LinkInfo
{
    [FieldOffset(0)] public BpfLinkType Type;
    [FieldOffset(4)] public uint Id;
    [FieldOffset(8)] public uint ProgramId;
    [FieldOffset(16)] public uint InterfaceIndex;
    [FieldOffset(16)] public uint MapId;
    [FieldOffset(16)] public uint AttachType;
    [FieldOffset(20)] public uint DeviceAttachType;
    [FieldOffset(16)] public ulong CgroupId;
    [FieldOffset(24)] public uint CgroupAttachType;
}
