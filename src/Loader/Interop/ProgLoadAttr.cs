using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

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
