using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.MapFreeze"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4)]
internal struct MapFreezeAttr
{
    [FieldOffset(0)] public int MapFd;
}
