using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Features;

/// <summary>Tries of the running kernel: zero or more means that it can, a negated error number that it cannot, or that this process may not.</summary>
/// <remarks>They go to the system call directly: the error paths of the public types ask for features themselves.</remarks>
internal static unsafe class KernelProbes
{
    public static BpfInstruction[] ReturnZero => [MovImmediate(R0, 0), Exit()];

    public static BpfInstruction[] ReadKernelProgram =>
    [
        Mov(R1, R10), AddImmediate(R1, -8), MovImmediate(R2, 8), MovImmediate(R3, 0), Call(BpfHelper.ProbeReadKernel), .. ReturnZero,
    ];

    public static int TryProgram(
        BpfProgramType type, ReadOnlySpan<BpfInstruction> instructions, string name = "", BpfAttachType attachType = default) =>
        Close(LoadProgram(type, instructions, name, attachType));

    public static int LoadProgram(
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

    public static int TryArray(BpfMapFlags flags) => Close(CreateArray(flags));

    public static int CreateArray(BpfMapFlags flags)
    {
        MapCreateAttr attributes = default;
        attributes.MapType = BpfMapType.Array;
        attributes.KeySize = sizeof(int);
        attributes.ValueSize = 32;
        attributes.MaxEntries = 1;
        attributes.MapFlags = flags;
        return BpfSystemCall.Invoke(BpfCommand.MapCreate, ref attributes);
    }

    public static int TryGlobalData()
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

    public static int TryBindMap()
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
    public static int TryLink(BpfProgramType type, BpfAttachType expected, BpfAttachType attachType, int expectedError)
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

    /// <summary>A kernel that knows the command complains about the senseless descriptor.</summary>
    public static int TryToken()
    {
        TokenCreateAttr attributes = default;
        attributes.BpffsFd = -1;
        int result = BpfSystemCall.Invoke(BpfCommand.TokenCreate, ref attributes);
        return result == -Errno.EBADF ? 0 : Close(result);
    }

    /// <summary>Loads the smallest BTF that has what <paramref name="add"/> adds to an int.</summary>
    public static int TryBtf(Action<BtfBuilder, BtfTypeId> add, bool layout = false)
    {
        var builder = new BtfBuilder();
        add(builder, builder.AddInt("int", sizeof(int), BtfIntEncoding.Signed));
        byte[] btf = builder.ToArray(new BtfWriteOptions { Layout = layout });
        fixed (byte* pointer = btf)
        {
            BtfLoadAttr attributes = default;
            attributes.Btf = (ulong)pointer;
            attributes.BtfSize = (uint)btf.Length;
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
