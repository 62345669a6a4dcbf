using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

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
