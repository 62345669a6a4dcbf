using System.Text;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Loader.Running;

/// <summary>Which kinds of programs and maps the running kernel has, and which helpers each kind of program may call; found out by trying.</summary>
/// <remarks>Rules: <c>libbpf_probe_bpf_prog_type</c>, <c>libbpf_probe_bpf_map_type</c> and <c>libbpf_probe_bpf_helper</c> of libbpf.</remarks>
public static unsafe class KernelSupport
{
    private const int LogSize = 1 << 12;

    /// <summary>Whether the kernel has a kind of program.</summary>
    /// <returns><see langword="null"/> where trying is not permitted, or says nothing.</returns>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public static bool? Has(BpfProgramType type)
    {
        // It takes a member of a struct that the kernel has: one that does not exist is refused otherwise than a kind that does not.
        if (type == BpfProgramType.StructOps)
            return Answer(Load(type, KernelProbes.ReturnZero, default, out _), structOps: true);
        if (type == BpfProgramType.Ext)
            return Load(type, KernelProbes.ReturnZero, default, out string ext) is var result && result >= 0 || ext.Length > 0 ? true : Answer(result, structOps: false);
        return Answer(Load(type, ProgramFor(type), TargetOf(type), out string log), structOps: false) switch
        {
            // The verifier has looked at it, so it is known, whatever it thinks of the program.
            false when log.Length > 0 => true,
            var answer => answer,
        };
    }

    /// <summary>Whether the kernel has a kind of map.</summary>
    /// <returns><see langword="null"/> where trying is not permitted.</returns>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public static bool? Has(BpfMapType type)
    {
        MapCreateAttr attributes = default;
        attributes.MapType = type;
        attributes.KeySize = sizeof(int);
        attributes.ValueSize = sizeof(int);
        attributes.MaxEntries = 1;
        int owned = -1;
        BtfObject? btf = null;
        try
        {
            switch (type)
            {
                case BpfMapType.StackTrace:
                    attributes.ValueSize = sizeof(long);
                    break;
                case BpfMapType.LpmTrie:
                    attributes.KeySize = attributes.ValueSize = sizeof(long);
                    attributes.MapFlags = BpfMapFlags.NoPrealloc;
                    break;
                case BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage:
                    attributes.KeySize = attributes.ValueSize = sizeof(long);
                    attributes.MaxEntries = 0;
                    break;
                case BpfMapType.Queue or BpfMapType.Stack or BpfMapType.BloomFilter:
                    attributes.KeySize = 0;
                    break;
                case BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage:
                    attributes.MaxEntries = 0;
                    attributes.MapFlags = BpfMapFlags.NoPrealloc;
                    attributes.BtfKeyTypeId = attributes.BtfValueTypeId = 1;
                    btf = NumberType();
                    attributes.BtfFd = btf.Handle.Descriptor;
                    break;
                case BpfMapType.Ringbuf or BpfMapType.UserRingbuf:
                    attributes.KeySize = attributes.ValueSize = 0;
                    attributes.MaxEntries = (uint)Environment.SystemPageSize;
                    break;
                case BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps:
                    owned = KernelProbes.CreateArray(BpfMapFlags.None);
                    attributes.InnerMapFd = owned;
                    break;
                case BpfMapType.StructOps:
                    attributes.BtfVmlinuxValueTypeId = 1; // refused with ENOTSUPP by kernels that have the kind
                    break;
                case BpfMapType.Arena:
                    attributes.KeySize = attributes.ValueSize = 0;
                    attributes.MapFlags = BpfMapFlags.Mmapable;
                    break;
                case BpfMapType.InsnArray:
                    attributes.ValueSize = 16; // struct bpf_insn_array_value
                    break;
                case BpfMapType.Rhash:
                    attributes.MapFlags = BpfMapFlags.NoPrealloc;
                    break;
            }

            int result = Memlock.Guard(BpfCommand.MapCreate, ref attributes);
            if (result >= 0)
                _ = Libc.Close(result);
            return Answer(result, structOps: type == BpfMapType.StructOps);
        }
        catch (BpfException e)
        {
            return e.Kind == BpfFailureKind.NotPermitted ? null : false;
        }
        finally
        {
            if (owned >= 0)
                _ = Libc.Close(owned);
            btf?.Dispose();
        }
    }

    /// <summary>The helpers that a kind of program may call.</summary>
    /// <returns><see langword="null"/> where the kernel lacks the kind, or a program of it cannot be tried by itself (struct_ops, extensions).</returns>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public static IReadOnlyList<BpfHelper>? HelpersOf(BpfProgramType type)
    {
        if (type is BpfProgramType.Unspec or BpfProgramType.Ext or BpfProgramType.StructOps || Has(type) != true)
            return null;
        KernelTarget target = TargetOf(type);
        List<BpfHelper> helpers = [];
        foreach (BpfHelper helper in Enum.GetValues<BpfHelper>())
        {
            if (helper == BpfHelper.Unspec)
                continue;
            int result = Load(type, [Call(helper), .. KernelProbes.ReturnZero], target, out string log);
            if (result >= 0 || !IsUnknown(log))
                helpers.Add(helper);
            if (result == -Errno.EPERM)
                return null;
        }

        return helpers;
    }

    // The verifier's words for a helper that the kernel has not, or that the kind of program may not call (check_helper_call).
    private static bool IsUnknown(string log) => log.Length == 0
        || log.Contains("invalid func ", StringComparison.Ordinal) || log.Contains("unknown func ", StringComparison.Ordinal)
        || log.Contains("program of this type cannot use helper ", StringComparison.Ordinal);

    private static bool? Answer(int result, bool structOps) => result switch
    {
        >= 0 => true,
        -Errno.EPERM or -Errno.EACCES => null,
        -Errno.ENOTSUPP => structOps,
        _ => false,
    };

    private static BpfInstruction[] ProgramFor(BpfProgramType type) => type switch
    {
        // They must return 1.
        BpfProgramType.CgroupSockAddr or BpfProgramType.CgroupSock => [MovImmediate(R0, 1), Exit()],
        _ => KernelProbes.ReturnZero,
    };

    /// <summary>What a kind of program is loaded for, where it is loaded for something.</summary>
    private static KernelTarget TargetOf(BpfProgramType type) => type switch
    {
        BpfProgramType.CgroupSockAddr => new(BpfAttachType.CgroupInet4Connect),
        BpfProgramType.CgroupSockopt => new(BpfAttachType.CgroupGetsockopt),
        BpfProgramType.SkLookup => new(BpfAttachType.SkLookup),
        BpfProgramType.LircMode2 => new(BpfAttachType.LircMode2),
        BpfProgramType.Netfilter => new(BpfAttachType.Netfilter),
        BpfProgramType.Tracing => new(BpfAttachType.TraceRawTp, TypeIdOf("btf_trace_sched_switch", BtfKind.Typedef)),
        BpfProgramType.Lsm => new(BpfAttachType.LsmMac, TypeIdOf("bpf_lsm_bpf", BtfKind.Func)),
        BpfProgramType.Syscall => new(default, Flags: BpfProgramFlags.Sleepable),
        _ => default,
    };

    private static uint TypeIdOf(string name, BtfKind kind)
    {
        try
        {
            return Kernel.Running.Types.TryFind(name, kind, out BtfType type) ? type.Id.Value : 0;
        }
        catch (BpfException)
        {
            return 0;
        }
    }

    private static int Load(BpfProgramType type, ReadOnlySpan<BpfInstruction> instructions, KernelTarget target, out string log)
    {
        byte[] text = new byte[LogSize];
        int result;
        fixed (BpfInstruction* code = instructions)
        fixed (byte* license = "GPL\0"u8)
        fixed (byte* buffer = text)
        {
            ProgLoadAttr attributes = default;
            attributes.ProgType = type;
            attributes.Instructions = (ulong)code;
            attributes.InstructionCount = (uint)instructions.Length;
            attributes.License = (ulong)license;
            attributes.KernelVersion = type == BpfProgramType.Kprobe ? KernelVersion.Code : 0;
            attributes.ExpectedAttachType = target.AttachType;
            attributes.AttachBtfId = target.TypeId;
            attributes.ProgFlags = target.Flags;
            attributes.LogLevel = 1;
            attributes.LogBuffer = (ulong)buffer;
            attributes.LogSize = LogSize;
            result = Memlock.Guard(BpfCommand.ProgLoad, ref attributes);
        }

        if (result >= 0)
            _ = Libc.Close(result);
        int end = Array.IndexOf(text, (byte)0);
        log = Encoding.UTF8.GetString(text, 0, end < 0 ? text.Length : end);
        return result;
    }

    private static BtfObject NumberType()
    {
        var builder = new BtfBuilder();
        _ = builder.AddInt("int", sizeof(int), BtfIntEncoding.Signed);
        return BtfObject.Load(builder.ToArray());
    }

    private readonly record struct KernelTarget(BpfAttachType AttachType, uint TypeId = 0, BpfProgramFlags Flags = default);
}
