using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

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
