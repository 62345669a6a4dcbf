using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.ObjGetInfoByFd"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ObjectInfoAttr
{
    [FieldOffset(0)] public int BpfFd;
    [FieldOffset(4)] public uint InfoLength;
    [FieldOffset(8)] public ulong Info;
}
