using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Interop;

/// <summary><c>struct perf_event_attr</c> up to <c>config2</c>, which every kernel since 2.6.33 takes (PERF_ATTR_SIZE_VER1).</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct PerfEventAttr
{
    [FieldOffset(0)] public uint Type;
    [FieldOffset(4)] public uint Size;
    [FieldOffset(8)] public ulong Config;
    [FieldOffset(16)] public ulong SamplePeriod;
    [FieldOffset(24)] public ulong SampleType;
    [FieldOffset(32)] public ulong ReadFormat;
    [FieldOffset(40)] public ulong Flags;
    [FieldOffset(48)] public uint WakeupEvents;
    [FieldOffset(52)] public uint BreakpointType;
    [FieldOffset(56)] public ulong Config1;
    [FieldOffset(64)] public ulong Config2;
}
