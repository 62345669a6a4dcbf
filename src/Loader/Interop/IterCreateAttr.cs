using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.IterCreate"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct IterCreateAttr
{
    [FieldOffset(0)] public int LinkFd;
    [FieldOffset(4)] public uint Flags;
}
