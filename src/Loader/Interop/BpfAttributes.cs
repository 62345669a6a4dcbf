using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

// union bpf_attr of include/uapi/linux/bpf.h, a struct for each shape of it.

/// <summary>Attributes of <see cref="BpfCommand.MapCreate"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 80)]
internal struct MapCreateAttr
{
    [FieldOffset(0)] public BpfMapType MapType;
    [FieldOffset(4)] public uint KeySize;
    [FieldOffset(8)] public uint ValueSize;
    [FieldOffset(12)] public uint MaxEntries;
    [FieldOffset(16)] public BpfMapFlags MapFlags;
    [FieldOffset(20)] public int InnerMapFd;
    [FieldOffset(24)] public uint NumaNode;
    [FieldOffset(28)] public KernelName Name;
    [FieldOffset(44)] public uint InterfaceIndex;
    [FieldOffset(48)] public int BtfFd;
    [FieldOffset(52)] public uint BtfKeyTypeId;
    [FieldOffset(56)] public uint BtfValueTypeId;
    [FieldOffset(60)] public uint BtfVmlinuxValueTypeId;
    [FieldOffset(64)] public ulong MapExtra;
    [FieldOffset(72)] public int ValueTypeBtfObjFd;
    [FieldOffset(76)] public int TokenFd;
}

/// <summary>Attributes of the commands on one map entry.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct MapElementAttr
{
    [FieldOffset(0)] public int MapFd;
    [FieldOffset(8)] public ulong Key;
    [FieldOffset(16)] public ulong Value;
    [FieldOffset(16)] public ulong NextKey;
    [FieldOffset(24)] public ulong Flags;
}

/// <summary>Attributes of the commands on many map entries.</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
internal struct MapBatchAttr
{
    [FieldOffset(0)] public ulong InBatch;
    [FieldOffset(8)] public ulong OutBatch;
    [FieldOffset(16)] public ulong Keys;
    [FieldOffset(24)] public ulong Values;
    [FieldOffset(32)] public uint Count;
    [FieldOffset(36)] public int MapFd;
    [FieldOffset(40)] public ulong ElementFlags;
    [FieldOffset(48)] public ulong Flags;
}

/// <summary>Attributes of <see cref="BpfCommand.MapFreeze"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4)]
internal struct MapFreezeAttr
{
    [FieldOffset(0)] public int MapFd;
}

/// <summary>Attributes of <see cref="BpfCommand.ProgLoad"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 152)]
internal struct ProgLoadAttr
{
    [FieldOffset(0)] public BpfProgramType ProgType;
    [FieldOffset(4)] public uint InstructionCount;
    [FieldOffset(8)] public ulong Instructions;
    [FieldOffset(16)] public ulong License;
    [FieldOffset(24)] public uint LogLevel;
    [FieldOffset(28)] public uint LogSize;
    [FieldOffset(32)] public ulong LogBuffer;
    [FieldOffset(40)] public uint KernelVersion;
    [FieldOffset(44)] public BpfProgramFlags ProgFlags;
    [FieldOffset(48)] public KernelName Name;
    [FieldOffset(64)] public uint InterfaceIndex;
    [FieldOffset(68)] public BpfAttachType ExpectedAttachType;
    [FieldOffset(72)] public int BtfFd;
    [FieldOffset(76)] public uint FuncInfoRecordSize;
    [FieldOffset(80)] public ulong FuncInfo;
    [FieldOffset(88)] public uint FuncInfoCount;
    [FieldOffset(92)] public uint LineInfoRecordSize;
    [FieldOffset(96)] public ulong LineInfo;
    [FieldOffset(104)] public uint LineInfoCount;
    [FieldOffset(108)] public uint AttachBtfId;
    [FieldOffset(112)] public int AttachFd;
    [FieldOffset(120)] public ulong FdArray;
    [FieldOffset(140)] public uint LogTrueSize;
    [FieldOffset(144)] public int TokenFd;
    [FieldOffset(148)] public uint FdArrayCount;
}

/// <summary>Attributes of <see cref="BpfCommand.ProgBindMap"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct ProgBindMapAttr
{
    [FieldOffset(0)] public int ProgFd;
    [FieldOffset(4)] public int MapFd;
    [FieldOffset(8)] public uint Flags;
}

/// <summary>Attributes of <see cref="BpfCommand.ProgAssocStructOps"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct ProgAssocStructOpsAttr
{
    [FieldOffset(0)] public int MapFd;
    [FieldOffset(4)] public int ProgFd;
    [FieldOffset(8)] public uint Flags;
}

/// <summary>Attributes of <see cref="BpfCommand.ProgTestRun"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 80)]
internal struct TestRunAttr
{
    [FieldOffset(0)] public int ProgFd;
    [FieldOffset(4)] public uint ReturnValue;
    [FieldOffset(8)] public uint DataSizeIn;
    [FieldOffset(12)] public uint DataSizeOut;
    [FieldOffset(16)] public ulong DataIn;
    [FieldOffset(24)] public ulong DataOut;
    [FieldOffset(32)] public uint Repeat;
    [FieldOffset(36)] public uint Duration;
    [FieldOffset(40)] public uint ContextSizeIn;
    [FieldOffset(44)] public uint ContextSizeOut;
    [FieldOffset(48)] public ulong ContextIn;
    [FieldOffset(56)] public ulong ContextOut;
    [FieldOffset(64)] public uint Flags;
    [FieldOffset(68)] public uint Cpu;
    [FieldOffset(72)] public uint BatchSize;
}

/// <summary>Attributes of <see cref="BpfCommand.ObjPin"/> and <see cref="BpfCommand.ObjGet"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ObjectPathAttr
{
    [FieldOffset(0)] public ulong PathName;
    [FieldOffset(8)] public int BpfFd;
    [FieldOffset(12)] public uint FileFlags;
}

/// <summary>Attributes of the commands that find and open by id.</summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct ObjectIdAttr
{
    [FieldOffset(0)] public uint Id;
    [FieldOffset(4)] public uint NextId;
    [FieldOffset(8)] public uint OpenFlags;
}

/// <summary>Attributes of <see cref="BpfCommand.ObjGetInfoByFd"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ObjectInfoAttr
{
    [FieldOffset(0)] public int BpfFd;
    [FieldOffset(4)] public uint InfoLength;
    [FieldOffset(8)] public ulong Info;
}

/// <summary>Attributes of <see cref="BpfCommand.BtfLoad"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct BtfLoadAttr
{
    [FieldOffset(0)] public ulong Btf;
    [FieldOffset(8)] public ulong LogBuffer;
    [FieldOffset(16)] public uint BtfSize;
    [FieldOffset(20)] public uint LogSize;
    [FieldOffset(24)] public uint LogLevel;
    [FieldOffset(28)] public uint LogTrueSize;
    [FieldOffset(32)] public uint Flags;
    [FieldOffset(36)] public int TokenFd;
}

/// <summary>Attributes of <see cref="BpfCommand.TokenCreate"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct TokenCreateAttr
{
    [FieldOffset(0)] public uint Flags;
    [FieldOffset(4)] public int BpffsFd;
}

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
    [FieldOffset(16)] public ulong TracingMultiIds;
    [FieldOffset(24)] public ulong TracingMultiCookies;
    [FieldOffset(32)] public uint TracingMultiCount;
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

/// <summary>Attributes of <see cref="BpfCommand.LinkUpdate"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct LinkUpdateAttr
{
    [FieldOffset(0)] public int LinkFd;
    [FieldOffset(4)] public int NewFd;
    [FieldOffset(8)] public uint Flags;
    [FieldOffset(12)] public int OldFd;
}

/// <summary>Attributes of <see cref="BpfCommand.LinkDetach"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4)]
internal struct LinkDetachAttr
{
    [FieldOffset(0)] public int LinkFd;
}

/// <summary>Attributes of <see cref="BpfCommand.RawTracepointOpen"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct RawTracepointAttr
{
    [FieldOffset(0)] public ulong Name;
    [FieldOffset(8)] public int ProgFd;
    [FieldOffset(16)] public ulong Cookie;
}

/// <summary>Attributes of <see cref="BpfCommand.IterCreate"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct IterCreateAttr
{
    [FieldOffset(0)] public int LinkFd;
    [FieldOffset(4)] public uint Flags;
}

/// <summary>Attributes of <see cref="BpfCommand.EnableStats"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4)]
internal struct EnableStatsAttr
{
    [FieldOffset(0)] public uint Type;
}

/// <summary>Attributes of <see cref="BpfCommand.ProgAttach"/> and <see cref="BpfCommand.ProgDetach"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct ProgAttachAttr
{
    [FieldOffset(0)] public int TargetFd;
    [FieldOffset(4)] public int ProgFd;
    [FieldOffset(8)] public BpfAttachType AttachType;
    [FieldOffset(12)] public uint Flags;
    [FieldOffset(16)] public int ReplacedFd;
    [FieldOffset(20)] public uint RelativeTo;
    [FieldOffset(24)] public ulong ExpectedRevision;
}

/// <summary>Attributes of <see cref="BpfCommand.ProgQuery"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct ProgQueryAttr
{
    [FieldOffset(0)] public uint Target;
    [FieldOffset(4)] public BpfAttachType AttachType;
    [FieldOffset(8)] public uint QueryFlags;
    [FieldOffset(12)] public uint AttachFlags;
    [FieldOffset(16)] public ulong ProgramIds;
    [FieldOffset(24)] public uint Count;
    [FieldOffset(32)] public ulong ProgramAttachFlags;
    [FieldOffset(40)] public ulong LinkIds;
    [FieldOffset(48)] public ulong LinkAttachFlags;
    [FieldOffset(56)] public ulong Revision;
}
