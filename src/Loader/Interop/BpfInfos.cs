using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

// struct bpf_*_info of include/uapi/linux/bpf.h: what the kernel tells of an open object.

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

/// <summary>What the kernel tells about a program, <c>struct bpf_prog_info</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct ProgInfo
{
    [FieldOffset(0)] public BpfProgramType Type;
    [FieldOffset(4)] public uint Id;
    [FieldOffset(8)] public ulong Tag;
    [FieldOffset(16)] public uint JitedLength;
    [FieldOffset(20)] public uint XlatedLength;
    [FieldOffset(24)] public ulong JitedInstructions;
    [FieldOffset(32)] public ulong XlatedInstructions;
    [FieldOffset(40)] public ulong LoadTime;
    [FieldOffset(48)] public uint CreatedByUid;
    [FieldOffset(52)] public uint MapIdCount;
    [FieldOffset(56)] public ulong MapIds;
    [FieldOffset(64)] public KernelName Name;
    [FieldOffset(80)] public uint InterfaceIndex;
    [FieldOffset(84)] public uint GplCompatible;
    [FieldOffset(128)] public uint BtfId;
    [FieldOffset(192)] public ulong RunTimeNs;
    [FieldOffset(200)] public ulong RunCount;
    [FieldOffset(208)] public ulong RecursionMisses;
    [FieldOffset(216)] public uint VerifiedInstructions;
    [FieldOffset(220)] public uint AttachBtfObjId;
    [FieldOffset(224)] public uint AttachBtfId;
}

/// <summary>What the kernel tells about a BTF, <c>struct bpf_btf_info</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct BtfInfo
{
    [FieldOffset(0)] public ulong Btf;
    [FieldOffset(8)] public uint BtfSize;
    [FieldOffset(12)] public uint Id;
    [FieldOffset(16)] public ulong Name;
    [FieldOffset(24)] public uint NameLength;
    [FieldOffset(28)] public uint KernelBtf;
}

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
    [FieldOffset(20)] public uint TargetObjectId; // tracing
    [FieldOffset(24)] public uint TargetBtfId;
    [FieldOffset(16)] public ulong Name; // raw_tracepoint, iter: where to write it
    [FieldOffset(24)] public uint NameLength;
    [FieldOffset(28)] public uint IteratorMapId;
    [FieldOffset(16)] public uint NamespaceInode; // netns
    [FieldOffset(16)] public uint NetfilterFamily;
    [FieldOffset(20)] public uint NetfilterHook;
    [FieldOffset(24)] public int NetfilterPriority;
    [FieldOffset(24)] public uint FunctionCount; // kprobe_multi
    [FieldOffset(28)] public uint FunctionFlags;
    [FieldOffset(16)] public uint PerfEventKind; // perf_event
    [FieldOffset(24)] public ulong PerfEventName;
    [FieldOffset(32)] public uint PerfEventNameLength;
    [FieldOffset(36)] public uint PerfEventOffset;
    [FieldOffset(16)] public ulong Path; // uprobe_multi
    [FieldOffset(48)] public uint PathSize;
    [FieldOffset(52)] public uint PlaceCount;
    [FieldOffset(56)] public uint PlaceFlags;
    [FieldOffset(60)] public uint ProcessId;
}
