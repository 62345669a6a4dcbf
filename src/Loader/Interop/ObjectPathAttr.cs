using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.ObjPin"/> and <see cref="BpfCommand.ObjGet"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ObjectPathAttr
{
    [FieldOffset(0)] public ulong PathName;
    [FieldOffset(8)] public int BpfFd;
    [FieldOffset(12)] public uint FileFlags;
}
