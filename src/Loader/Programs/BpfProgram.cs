using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Programs;

/// <summary>A program in the kernel.</summary>
public sealed unsafe class BpfProgram : BpfResource
{
    private BpfProgram(BpfHandle handle, BpfProgramType type, string name, BpfAttachType expectedAttachType = default, string log = "", BpfProgramSpec? spec = null)
        : base(handle)
    {
        Type = type;
        Name = name;
        ExpectedAttachType = expectedAttachType;
        VerifierLog = log;
        Spec = spec;
    }

    /// <summary>The kind of program.</summary>
    public BpfProgramType Type { get; }

    /// <summary>The name as given at loading, or as the kernel keeps it for programs opened later.</summary>
    public string Name { get; }

    /// <summary>Where it was loaded to be attached; the kernel does not tell it of programs opened later.</summary>
    public BpfAttachType ExpectedAttachType { get; }

    /// <summary>What the verifier logged, if <see cref="BpfProgramOptions.LogLevel"/> asked for it.</summary>
    public string VerifierLog { get; }

    /// <summary>The program of the object that this was loaded from; <see langword="null"/> for others.</summary>
    public BpfProgramSpec? Spec { get; }

    /// <summary>The maps of the object that this was loaded from; empty for others.</summary>
    internal IReadOnlyList<BpfMap> ObjectMaps { get; set; } = [];

    internal override string Description => $"program '{Name}'";

    /// <summary>Verifies and loads a program.</summary>
    /// <param name="options">Everything but the instructions.</param>
    /// <param name="instructions">The instructions, fully relocated.</param>
    /// <exception cref="BpfVerifierException">The verifier rejects it; the exception holds its log.</exception>
    /// <exception cref="BpfException">The kernel refuses for another reason.</exception>
    public static BpfProgram Load(BpfProgramOptions options, ReadOnlySpan<BpfInstruction> instructions)
    {
        ArgumentNullException.ThrowIfNull(options);
        fixed (BpfInstruction* code = instructions)
        fixed (byte* license = BpfSystemCall.ZeroTerminated(options.License))
        fixed (byte* funcInfo = options.FuncInfo.Span)
        fixed (byte* lineInfo = options.LineInfo.Span)
        fixed (int* fdArray = options.FdArray.Span)
        {
            ProgLoadAttr attributes = default;
            attributes.ProgType = options.Type;
            attributes.Instructions = (ulong)code;
            attributes.InstructionCount = (uint)instructions.Length;
            attributes.License = (ulong)license;
            attributes.KernelVersion = KernelVersion.Code;
            attributes.ProgFlags = options.Flags;
            attributes.Name = KernelName.From(options.Name);
            attributes.InterfaceIndex = options.InterfaceIndex;
            attributes.ExpectedAttachType = options.ExpectedAttachType;
            attributes.AttachBtfId = options.AttachBtfId;
            attributes.AttachFd = (options.AttachProgram?.Handle ?? options.AttachBtf?.Handle)?.Descriptor ?? 0;
            attributes.FdArray = (ulong)fdArray;
            if (options.Btf is not null)
            {
                attributes.BtfFd = options.Btf.Handle.Descriptor;
                attributes.FuncInfo = (ulong)funcInfo;
                attributes.FuncInfoRecordSize = (uint)options.FuncInfoRecordSize;
                attributes.FuncInfoCount = Count(options.FuncInfo.Length, options.FuncInfoRecordSize);
                attributes.LineInfo = (ulong)lineInfo;
                attributes.LineInfoRecordSize = (uint)options.LineInfoRecordSize;
                attributes.LineInfoCount = Count(options.LineInfo.Length, options.LineInfoRecordSize);
            }

            using var log = new VerifierLog(options.MaximumLogSize);
            int descriptor = options.LogLevel > 0 ? LoadLogging(ref attributes, options.LogLevel, log) : LoadQuietly(ref attributes);
            if (log.IsTruncated)
                descriptor = LoadQuietly(ref attributes); // so much log that only the answer can be had
            if (descriptor < 0)
                throw Explain(options, ref attributes, descriptor, log);
            GC.KeepAlive(options);
            return new BpfProgram(BpfHandle.Own(descriptor), options.Type, options.Name, options.ExpectedAttachType, log.Text, options.Spec);
        }
    }

    /// <summary>Opens a pinned program.</summary>
    /// <exception cref="BpfException">Nothing is pinned there, it is not a program, or access is denied.</exception>
    public static BpfProgram FromPin(string path)
    {
        BpfProgram program = Open(OpenPinned(path, "program"));
        program.PinPath = path;
        return program;
    }

    /// <summary>Opens a program by its id.</summary>
    /// <exception cref="BpfException">There is no such program, or the process may not open by id (CAP_SYS_ADMIN).</exception>
    public static BpfProgram FromId(uint id) => Open(OpenById(BpfCommand.ProgGetFdById, id, "program"));

    /// <summary>The programs in the kernel, whosever they are, by id. Linux 4.13.</summary>
    /// <exception cref="BpfException">The process may not list (CAP_SYS_ADMIN).</exception>
    public static IReadOnlyList<BpfProgramInfo> List() => List(BpfCommand.ProgGetNextId, "programs", FromId, program => program.GetInfo());

    /// <summary>Counts run time and runs of all programs while the returned handle is open. Linux 5.8.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static BpfHandle EnableStatistics()
    {
        EnableStatsAttr attributes = default; // BPF_STATS_RUN_TIME is 0
        int descriptor = BpfSystemCall.Invoke(BpfCommand.EnableStats, ref attributes);
        return descriptor >= 0
            ? BpfHandle.Own(descriptor)
            : throw new BpfException("enabling run time statistics", -descriptor, BpfCommand.EnableStats);
    }

    /// <summary>Asks the kernel about the program.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfProgramInfo GetInfo()
    {
        ProgInfo info = default;
        ReadInfo(Handle, ref info, Description);

        uint[] mapIds = new uint[info.MapIdCount];
        if (mapIds.Length > 0)
        {
            fixed (uint* pointer = mapIds)
            {
                info = default;
                info.MapIdCount = (uint)mapIds.Length;
                info.MapIds = (ulong)pointer;
                ReadInfo(Handle, ref info, Description);
            }
        }

        return new BpfProgramInfo
        {
            Id = info.Id,
            Type = info.Type,
            Name = info.Name.ToString(),
            Tag = Convert.ToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in info.Tag))),
            JitedLength = (int)info.JitedLength,
            XlatedLength = (int)info.XlatedLength,
            VerifiedInstructions = (int)info.VerifiedInstructions,
            LoadTime = FromNanoseconds(info.LoadTime),
            UserId = info.CreatedByUid,
            RunTime = FromNanoseconds(info.RunTimeNs),
            RunCount = info.RunCount,
            MapIds = mapIds,
            BtfId = info.BtfId,
            AttachBtfId = info.AttachBtfId,
            IsGplCompatible = (info.GplCompatible & 1) != 0,
        };
    }

    /// <summary>Runs the program on given input (BPF_PROG_TEST_RUN); kinds differ in what they take.</summary>
    /// <param name="data">Packet data; networking kinds need at least an Ethernet header of 14 bytes.</param>
    /// <param name="context">The context structure, for kinds that take one.</param>
    /// <param name="dataOut">Receives the packet afterwards.</param>
    /// <param name="contextOut">Receives the context afterwards, as much of it as there is room for.</param>
    /// <param name="repeat">How often to run; 0 for kinds that run once and take no number.</param>
    /// <exception cref="BpfException">The kernel refuses; not every kind can be run.</exception>
    public BpfTestRunResult TestRun(
        ReadOnlySpan<byte> data = default, ReadOnlySpan<byte> context = default,
        Span<byte> dataOut = default, Span<byte> contextOut = default, int repeat = 0) =>
        TestRun(new BpfTestRunOptions { Repeat = repeat }, data, context, dataOut, contextOut);

    /// <summary>The same with all that the kernel takes.</summary>
    /// <param name="options">How to run it.</param>
    /// <param name="data">Packet data.</param>
    /// <param name="context">The context structure, for kinds that take one.</param>
    /// <param name="dataOut">Receives the packet afterwards.</param>
    /// <param name="contextOut">Receives the context afterwards.</param>
    /// <exception cref="BpfException">The kernel refuses; not every kind can be run, nor in each way.</exception>
    public BpfTestRunResult TestRun(
        BpfTestRunOptions options, ReadOnlySpan<byte> data = default, ReadOnlySpan<byte> context = default, Span<byte> dataOut = default, Span<byte> contextOut = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Type != BpfProgramType.Syscall)
            return RunOnce(options, data, context, dataOut, contextOut);

        // The kernel writes the context of these to where it read it, and takes no other place.
        byte[] changed = context.ToArray();
        BpfTestRunResult result = RunOnce(options, data, changed, dataOut, default);
        changed.AsSpan(0, Math.Min(changed.Length, contextOut.Length)).CopyTo(contextOut);
        return result with { ContextLength = changed.Length };
    }

    private BpfTestRunResult RunOnce(BpfTestRunOptions options, ReadOnlySpan<byte> data, ReadOnlySpan<byte> context, Span<byte> dataOut, Span<byte> contextOut)
    {
        fixed (byte* dataIn = data)
        fixed (byte* contextIn = context)
        fixed (byte* dataResult = dataOut)
        fixed (byte* contextResult = contextOut)
        {
            using BpfHandle.Use use = Handle.Borrow();
            TestRunAttr attributes = default;
            attributes.ProgFd = use.Descriptor;
            attributes.DataIn = (ulong)dataIn;
            attributes.DataSizeIn = (uint)data.Length;
            attributes.DataOut = (ulong)dataResult;
            attributes.DataSizeOut = (uint)dataOut.Length;
            attributes.ContextIn = (ulong)contextIn;
            attributes.ContextSizeIn = (uint)context.Length;
            attributes.ContextOut = (ulong)contextResult;
            attributes.ContextSizeOut = (uint)contextOut.Length;
            attributes.Repeat = (uint)options.Repeat;
            attributes.Flags = (uint)options.Flags;
            attributes.Cpu = (uint)options.Cpu;
            attributes.BatchSize = (uint)options.BatchSize;
            int result = BpfSystemCall.InvokeRetrying(BpfCommand.ProgTestRun, ref attributes);
            if (result < 0)
                throw new BpfException($"test-running {Description} ({Type})", -result, BpfCommand.ProgTestRun, options.HintFor(-result));
            return new BpfTestRunResult(
                attributes.ReturnValue, FromNanoseconds(attributes.Duration), (int)attributes.DataSizeOut, (int)attributes.ContextSizeOut);
        }
    }

    /// <summary>Keeps a map alive as long as the program, though no instruction mentions it. Linux 5.10.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Bind(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        using BpfHandle.Use program = Handle.Borrow();
        using BpfHandle.Use other = map.Handle.Borrow();
        ProgBindMapAttr attributes = default;
        attributes.ProgFd = program.Descriptor;
        attributes.MapFd = other.Descriptor;
        int result = BpfSystemCall.Invoke(BpfCommand.ProgBindMap, ref attributes);
        if (result < 0)
            throw new BpfException($"binding {map.Description} to {Description}", -result, BpfCommand.ProgBindMap);
    }

    /// <summary>
    /// Tells kernel functions that act for a struct_ops which one they are called for, when this program calls them. Callbacks of a struct_ops are
    /// associated with their own map. Linux 7.0.
    /// </summary>
    /// <param name="structOps">A map of kind <see cref="BpfMapType.StructOps"/>; the program keeps it.</param>
    /// <exception cref="BpfException">The program is a callback, or associated already, or the kernel refuses.</exception>
    public void Associate(BpfMap structOps)
    {
        ArgumentNullException.ThrowIfNull(structOps);
        string action = $"associating {Description} with {structOps.Description}";
        using BpfHandle.Use program = Handle.Borrow();
        using BpfHandle.Use map = structOps.Handle.Borrow();
        ProgAssocStructOpsAttr attributes = default;
        attributes.ProgFd = program.Descriptor;
        attributes.MapFd = map.Descriptor;
        int result = BpfSystemCall.Invoke(BpfCommand.ProgAssocStructOps, ref attributes);
        if (result == -Errno.EINVAL && KernelVersion.Current < new Version(7, 0))
            throw BpfException.NotSupported(action, "Associating programs needs Linux 7.0", BpfCommand.ProgAssocStructOps);
        if (result < 0)
            throw new BpfException(action, -result, BpfCommand.ProgAssocStructOps);
    }

    private static BpfProgram Open(BpfHandle handle)
    {
        try
        {
            ProgInfo info = default;
            ReadInfo(handle, ref info, "a program");
            return new BpfProgram(handle, info.Type, info.Name.ToString());
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static int LoadQuietly(ref ProgLoadAttr attributes)
    {
        int result = Memlock.Guard(BpfCommand.ProgLoad, ref attributes);
        if (result is -Errno.EINVAL or -Errno.E2BIG && !KernelFeature.ObjectNames.IsSupported())
        {
            attributes.Name = default;
            result = Memlock.Guard(BpfCommand.ProgLoad, ref attributes);
        }
        return result;
    }

    private static int LoadLogging(ref ProgLoadAttr attributes, int level, VerifierLog log)
    {
        ProgLoadAttr copy = attributes;
        return log.Run((byte* buffer, int size, out uint trueSize) =>
        {
            copy.LogLevel = (uint)level;
            copy.LogBuffer = (ulong)buffer;
            copy.LogSize = (uint)size;
            copy.LogTrueSize = 0;
            int result = Memlock.Guard(BpfCommand.ProgLoad, ref copy);
            trueSize = copy.LogTrueSize;
            return result;
        });
    }

    private static BpfException Explain(BpfProgramOptions options, ref ProgLoadAttr attributes, int result, VerifierLog log)
    {
        if (options.LogLevel == 0)
        {
            int second = LoadLogging(ref attributes, 1, log);
            if (second >= 0)
                _ = Libc.Close(second);
        }

        if (log.Text.Length > 0)
            return new BpfVerifierException(options.Name, -result, log.IsTruncated ? EndOf(options, ref attributes, log.Text) : log.Text, log.IsTruncated);
        return new BpfException(
            $"loading program '{options.Name}' ({options.Type})", -result, BpfCommand.ProgLoad,
            options.Type.Since() > KernelVersion.Current
                ? $"Programs of this kind need Linux {options.Type.Since()}; this is Linux {KernelVersion.Release}."
                : null);
    }

    /// <summary>Kernels before 6.4 keep the beginning of a log that does not fit. What they say with statistics alone asked for is the end: the reason.</summary>
    private static string EndOf(BpfProgramOptions options, ref ProgLoadAttr attributes, string cut)
    {
        const int Statistics = 4;
        if (!VerifierVerdict.Parse(cut).IsCut)
            return cut;
        using var end = new VerifierLog(options.MaximumLogSize);
        int descriptor = LoadLogging(ref attributes, Statistics, end);
        if (descriptor >= 0)
            _ = Libc.Close(descriptor);
        return end.Text.Length > 0 && !end.IsTruncated ? end.Text : cut;
    }

    private static uint Count(int length, int recordSize) => recordSize > 0 ? (uint)(length / recordSize) : 0;

    private static TimeSpan FromNanoseconds(ulong nanoseconds) => TimeSpan.FromTicks((long)(nanoseconds / 100));
}
