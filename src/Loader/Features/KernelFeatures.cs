using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Features;

/// <summary>Asks the running kernel what it can do, by trying. Conclusive answers are remembered for the process.</summary>
public static unsafe class KernelFeatures
{
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
        KernelFeature.ObjectNames => TryProgram(BpfProgramType.SocketFilter, ReturnZero, "probe"),
        KernelFeature.ExpectedAttachType =>
            TryProgram(BpfProgramType.CgroupSock, [MovImmediate(R0, 1), Exit()], attachType: BpfAttachType.CgroupInetSockCreate),
        KernelFeature.GlobalData => TryGlobalData(),
        KernelFeature.ArrayMmap => Close(CreateArray(BpfMapFlags.Mmapable)),
        KernelFeature.ProbeReadKernel => TryProgram(BpfProgramType.Tracepoint, ReadKernelProgram),
        KernelFeature.BpfCookie => TryProgram(BpfProgramType.Tracepoint, [Call(BpfHelper.GetAttachCookie), Exit()]),
        KernelFeature.MemcgAccounting => TryProgram(BpfProgramType.SocketFilter, [Call(BpfHelper.KtimeGetCoarseNs), Exit()]),
        KernelFeature.ProgBindMap => TryBindMap(),
        KernelFeature.PerfLink => TryLink(BpfProgramType.Tracepoint, 0, BpfAttachType.PerfEvent, Errno.EBADF),
        KernelFeature.KprobeMulti =>
            TryLink(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti, BpfAttachType.TraceKprobeMulti, Errno.EFAULT),
        KernelFeature.UprobeMulti =>
            TryLink(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, BpfAttachType.TraceUprobeMulti, Errno.EBADF),
        _ => TryBtf(BtfProbe.For(feature)),
    };

    private static BpfInstruction[] ReturnZero => [MovImmediate(R0, 0), Exit()];

    private static BpfInstruction[] ReadKernelProgram =>
    [
        Mov(R1, R10), AddImmediate(R1, -8), MovImmediate(R2, 8), MovImmediate(R3, 0), Call(BpfHelper.ProbeReadKernel), .. ReturnZero,
    ];

    private static int TryProgram(
        BpfProgramType type, ReadOnlySpan<BpfInstruction> instructions, string name = "", BpfAttachType attachType = default) =>
        Close(LoadProgram(type, instructions, name, attachType));

    private static int LoadProgram(
        BpfProgramType type, ReadOnlySpan<BpfInstruction> instructions, string name = "", BpfAttachType attachType = default)
    {
        fixed (BpfInstruction* code = instructions)
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

        int result = TryProgram(
            BpfProgramType.SocketFilter,
            [.. LoadMapValue(R1, map, 16), StoreImmediate(BpfAccessSize.DoubleWord, R1, 0, 42), .. ReturnZero]);
        _ = Libc.Close(map);
        return result;
    }

    private static int TryBindMap()
    {
        int map = CreateArray(BpfMapFlags.None);
        if (map < 0)
            return map;

        int program = LoadProgram(BpfProgramType.SocketFilter, ReturnZero);
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
        int program = LoadProgram(type, ReturnZero, attachType: expected);
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
