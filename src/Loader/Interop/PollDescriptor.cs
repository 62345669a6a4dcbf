using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct PollDescriptor
{
    [FieldOffset(0)] public int Descriptor;
    [FieldOffset(4)] public short Events;
    [FieldOffset(6)] public short ReturnedEvents;
}
