using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.LinkCreate"/>; what lies from offset 16 depends on the attach type.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct LinkCreateAttr
{
    [FieldOffset(0)] public int ProgFd;
    [FieldOffset(0)] public int MapFd;
    [FieldOffset(4)] public int TargetFd;
    [FieldOffset(4)] public uint TargetInterfaceIndex;
    [FieldOffset(8)] public BpfAttachType AttachType;
    [FieldOffset(12)] public uint Flags;
    [FieldOffset(16)] public uint TargetBtfId;
    [FieldOffset(24)] public ulong TracingCookie;
    [FieldOffset(16)] public ulong PerfCookie;
    [FieldOffset(16)] public ulong IterInfo;
    [FieldOffset(24)] public uint IterInfoLength;
    [FieldOffset(16)] public uint KprobeFlags;
    [FieldOffset(20)] public uint KprobeCount;
    [FieldOffset(24)] public ulong KprobeSymbols;
    [FieldOffset(32)] public ulong KprobeAddresses;
    [FieldOffset(40)] public ulong KprobeCookies;
    [FieldOffset(16)] public uint NetfilterFamily;
    [FieldOffset(20)] public uint NetfilterHook;
    [FieldOffset(24)] public int NetfilterPriority;
    [FieldOffset(28)] public uint NetfilterFlags;
    [FieldOffset(16)] public uint RelativeTo;
    [FieldOffset(24)] public ulong ExpectedRevision;
    [FieldOffset(16)] public ulong UprobePath;
    [FieldOffset(24)] public ulong UprobeOffsets;
    [FieldOffset(32)] public ulong UprobeRefCtrOffsets;
    [FieldOffset(40)] public ulong UprobeCookies;
    [FieldOffset(48)] public uint UprobeCount;
    [FieldOffset(52)] public uint UprobeFlags;
    [FieldOffset(56)] public uint UprobePid;
}
