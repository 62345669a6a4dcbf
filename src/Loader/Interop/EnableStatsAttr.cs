using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.EnableStats"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 4)]
internal struct EnableStatsAttr
{
    [FieldOffset(0)] public uint Type;
}
