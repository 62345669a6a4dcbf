using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>Attributes of <see cref="BpfCommand.RawTracepointOpen"/>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct RawTracepointAttr
{
    [FieldOffset(0)] public ulong Name;
    [FieldOffset(8)] public int ProgFd;
    [FieldOffset(16)] public ulong Cookie;
}
