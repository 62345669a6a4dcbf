using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.LinkUpdate"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct LinkUpdateAttr
{
    [FieldOffset(0)] public int LinkFd;
    [FieldOffset(4)] public int NewFd;
    [FieldOffset(8)] public uint Flags;
    [FieldOffset(12)] public int OldFd;
}
