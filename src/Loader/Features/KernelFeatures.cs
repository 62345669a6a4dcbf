using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Features;

/// <summary>Asks the running kernel what it can do, by trying. Conclusive answers are remembered for the process.</summary>
public static unsafe class KernelFeatures
{
    private const ulong ReturnZeroMove = 0xb7; // r0 = 0
    private const ulong Exit = 0x95;

    private static readonly ConcurrentDictionary<KernelFeature, bool> Known = new();

    /// <summary>Whether the running kernel has a feature.</summary>
    /// <remarks>Where privileges do not suffice to try, the kernel's version decides, and the answer is not remembered.</remarks>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public static bool IsSupported(this KernelFeature feature)
    {
        if (Known.TryGetValue(feature, out bool known))
            return known;

        int result = Probe(feature);
        if (result is -Errno.EPERM or -Errno.EACCES && feature is not (KernelFeature.ProbeReadKernel or KernelFeature.BpfCookie))
            return KernelVersion.Current >= feature.Since();
        return Known.GetOrAdd(feature, result >= 0);
    }

    /// <summary>The feature in words with the version that brings it, such as <c>perf links need Linux 5.15</c>.</summary>
    public static string Requirement(this KernelFeature feature) => $"{feature} needs Linux {feature.Since()}";

    // Zero or more: supported. Probes go to the system call directly: the error paths of the public types ask for features themselves.
    private static int Probe(KernelFeature feature) => feature switch
    {
        KernelFeature.ObjectNames => TryProgram(BpfProgramType.SocketFilter, [ReturnZeroMove, Exit], "probe"),
        KernelFeature.ExpectedAttachType =>
            TryProgram(BpfProgramType.CgroupSock, [Move(0, 1), Exit], attachType: BpfAttachType.CgroupInetSockCreate),
        KernelFeature.GlobalData => TryGlobalData(),
        KernelFeature.ArrayMmap => Close(CreateArray(BpfMapFlags.Mmapable)),
        KernelFeature.ProbeReadKernel => TryProgram(BpfProgramType.Tracepoint, ReadKernelProgram),
        KernelFeature.BpfCookie => TryProgram(BpfProgramType.Tracepoint, [Call(174), Exit]),
        KernelFeature.MemcgAccounting => TryProgram(BpfProgramType.SocketFilter, [Call(160), Exit]),
        KernelFeature.ProgBindMap => TryBindMap(),
        KernelFeature.PerfLink => TryLink(BpfProgramType.Tracepoint, 0, BpfAttachType.PerfEvent, Errno.EBADF),
        KernelFeature.KprobeMulti =>
            TryLink(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti, BpfAttachType.TraceKprobeMulti, Errno.EFAULT),
        KernelFeature.UprobeMulti =>
            TryLink(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, BpfAttachType.TraceUprobeMulti, Errno.EBADF),
        _ => TryBtf(BtfProbe.For(feature)),
    };

    private static ReadOnlySpan<ulong> ReadKernelProgram =>
    [
        0x0000_0000_0000_a1bf, // r1 = r10
        0xffff_fff8_0000_0107, // r1 += -8
        0x0000_0008_0000_02b7, // r2 = 8
        0x0000_0000_0000_03b7, // r3 = 0
        0x0000_0071_0000_0085, // call bpf_probe_read_kernel (113)
        ReturnZeroMove,
        Exit,
    ];

    private static ulong Call(uint helper) => 0x85 | ((ulong)helper << 32);

    private static ulong Move(int register, int value) => 0xb7 | ((ulong)register << 8) | ((ulong)(uint)value << 32);

    private static int TryProgram(
        BpfProgramType type, ReadOnlySpan<ulong> instructions, string name = "", BpfAttachType attachType = default) =>
        Close(LoadProgram(type, instructions, name, attachType));

    private static int LoadProgram(
        BpfProgramType type, ReadOnlySpan<ulong> instructions, string name = "", BpfAttachType attachType = default)
    {
        fixed (ulong* code = NativeOrder(instructions))
        fixed (byte* license = "GPL\0"u8)
        {
            ProgLoadAttr attributes = default;
            attributes.ProgType = type;
            attributes.Instructions = (ulong)code;
            attributes.InstructionCount = (uint)instructions.Length;
            attributes.License = (ulong)license;
            attributes.Name = KernelName.From(name);
            attributes.ExpectedAttachType = attachType;
            return BpfSystemCall.InvokeRetrying(BpfCommand.ProgLoad, ref attributes);
        }
    }

    // The programs here are written as little-endian words; the register nibbles are swapped as well on the other kind of machine.
    private static ulong[] NativeOrder(ReadOnlySpan<ulong> instructions)
    {
        ulong[] native = instructions.ToArray();
        if (BitConverter.IsLittleEndian)
            return native;

        for (int i = 0; i < native.Length; i++)
        {
            ulong word = native[i];
            ulong registers = ((word >> 4) & 0x0f00) | ((word << 4) & 0xf000);
            ulong opcode = word & 0xff;
            ulong offset = (word >> 16) & 0xffff;
            ulong immediate = word >> 32;
            native[i] = (opcode << 56) | (registers << 40) | (offset << 32) | immediate;
        }
        return native;
    }

    private static int CreateArray(BpfMapFlags flags)
    {
        MapCreateAttr attributes = default;
        attributes.MapType = BpfMapType.Array;
        attributes.KeySize = sizeof(int);
        attributes.ValueSize = 32;
        attributes.MaxEntries = 1;
        attributes.MapFlags = flags;
        return BpfSystemCall.Invoke(BpfCommand.MapCreate, ref attributes);
    }

    private static int TryGlobalData()
    {
        int map = CreateArray(BpfMapFlags.None);
        if (map < 0)
            return map;

        // r1 = address of the value + 16; *(u64 *)r1 = 42
        int result = TryProgram(
            BpfProgramType.SocketFilter,
            [0x2118 | ((ulong)map << 32), 16UL << 32, 0x0000_002a_0000_017a, ReturnZeroMove, Exit]);
        _ = Libc.Close(map);
        return result;
    }

    private static int TryBindMap()
    {
        int map = CreateArray(BpfMapFlags.None);
        if (map < 0)
            return map;

        int program = LoadProgram(BpfProgramType.SocketFilter, [ReturnZeroMove, Exit]);
        ProgBindMapAttr attributes = default;
        attributes.ProgFd = program;
        attributes.MapFd = map;
        int result = program < 0 ? program : BpfSystemCall.Invoke(BpfCommand.ProgBindMap, ref attributes);
        _ = Close(program);
        _ = Libc.Close(map);
        return result;
    }

    // A kernel that knows the kind of link complains about the senseless target; others about the command or its type.
    private static int TryLink(BpfProgramType type, BpfAttachType expected, BpfAttachType attachType, int expectedError)
    {
        int program = LoadProgram(type, [ReturnZeroMove, Exit], attachType: expected);
        if (program < 0)
            return program;

        fixed (byte* path = "/\0"u8)
        {
            LinkCreateAttr attributes = default;
            attributes.ProgFd = program;
            attributes.AttachType = attachType;
            switch (attachType)
            {
                case BpfAttachType.PerfEvent:
                    attributes.TargetFd = -1;
                    break;
                case BpfAttachType.TraceKprobeMulti:
                    attributes.KprobeAddresses = 1;
                    attributes.KprobeCount = 1;
                    break;
                case BpfAttachType.TraceUprobeMulti:
                    attributes.UprobePath = (ulong)path;
                    attributes.UprobeOffsets = (ulong)path;
                    attributes.UprobeCount = 1;
                    break;
            }
            int result = BpfSystemCall.Invoke(BpfCommand.LinkCreate, ref attributes);
            _ = Libc.Close(program);
            return result == -expectedError ? 0 : Close(result);
        }
    }

    private static int TryBtf(uint[] btf)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<uint>(btf);
        fixed (byte* pointer = bytes)
        {
            BtfLoadAttr attributes = default;
            attributes.Btf = (ulong)pointer;
            attributes.BtfSize = (uint)bytes.Length;
            return Close(BpfSystemCall.Invoke(BpfCommand.BtfLoad, ref attributes));
        }
    }

    private static int Close(int descriptor)
    {
        if (descriptor >= 0)
            _ = Libc.Close(descriptor);
        return descriptor;
    }
}
