using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.ProgBindMap"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct ProgBindMapAttr
{
    [FieldOffset(0)] public int ProgFd;
    [FieldOffset(4)] public int MapFd;
    [FieldOffset(8)] public uint Flags;
}
