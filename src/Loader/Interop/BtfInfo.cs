using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary>What the kernel tells about a BTF, <c>struct bpf_btf_info</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct BtfInfo
{
    [FieldOffset(0)] public ulong Btf;
    [FieldOffset(8)] public uint BtfSize;
    [FieldOffset(12)] public uint Id;
    [FieldOffset(16)] public ulong Name;
    [FieldOffset(24)] public uint NameLength;
    [FieldOffset(28)] public uint KernelBtf;
}
