using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary><c>struct rlimit64</c>: soft and hard limit.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ResourceLimit
{
    [FieldOffset(0)] public ulong Current;
    [FieldOffset(8)] public ulong Maximum;
}
