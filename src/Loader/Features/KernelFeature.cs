using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;
using static P3Ebpf.Loader.Features.KernelProbes;

namespace P3Ebpf.Loader.Features;

/// <summary>Something that some kernels can do and others cannot: its name, the Linux version that brings it, and a way to find out by trying.</summary>
public sealed class KernelFeature
{
    private readonly Func<int> _probe;
    private readonly bool _refusalIsAnswer;
    private volatile int _known; // 0 not yet, 1 supported, -1 not

    private KernelFeature(string name, string since, Func<int> probe, BtfFeatures btf = BtfFeatures.None, bool refusalIsAnswer = false)
    {
        Name = name;
        Since = new Version(since);
        Btf = btf;
        _probe = probe;
        _refusalIsAnswer = refusalIsAnswer;
    }

    /// <summary>Programs and maps have names.</summary>
    public static KernelFeature ObjectNames { get; } =
        new("names of programs and maps", "4.15", () => TryProgram(BpfProgramType.SocketFilter, ReturnZero, "probe"));

    /// <summary>Expected attach type at load time.</summary>
    public static KernelFeature ExpectedAttachType { get; } = new("expected attach types", "4.17", () =>
        TryProgram(BpfProgramType.CgroupSock, [MovImmediate(R0, 1), Exit()], attachType: BpfAttachType.CgroupInetSockCreate));

    /// <summary>BTF can be loaded.</summary>
    public static KernelFeature BtfLoading { get; } = new("BTF", "4.18", () => TryBtf((_, _) => { }));

    /// <summary>BTF of functions (FUNC, FUNC_PROTO).</summary>
    public static KernelFeature BtfFunc { get; } =
        new("BTF of functions", "5.0", () => TryBtf((btf, type) => btf.AddFunc("x", PrototypeOf(btf, type), BtfLinkage.Static)), BtfFeatures.Func);

    /// <summary>Instructions may point into an array map: global variables.</summary>
    public static KernelFeature GlobalData { get; } = new("global variables", "5.2", TryGlobalData);

    /// <summary>BTF of variables (VAR, DATASEC).</summary>
    public static KernelFeature BtfDataSec { get; } = new("BTF of variables", "5.2", () => TryBtf((btf, type) => AddSection(btf, type, "x")), BtfFeatures.DataSec);

    /// <summary>Array maps can be mapped into memory.</summary>
    public static KernelFeature ArrayMmap { get; } = new("array maps in memory", "5.5", () => TryArray(BpfMapFlags.Mmapable));

    /// <summary>Helpers bpf_probe_read_kernel and bpf_probe_read_user.</summary>
    public static KernelFeature ProbeReadKernel { get; } =
        new("bpf_probe_read_kernel", "5.5", () => TryProgram(BpfProgramType.Tracepoint, ReadKernelProgram), refusalIsAnswer: true);

    /// <summary>BTF functions with global linkage.</summary>
    public static KernelFeature BtfGlobalFunc { get; } =
        new("BTF of global functions", "5.6", () => TryBtf((btf, type) => btf.AddFunc("x", PrototypeOf(btf, type), BtfLinkage.Global)), BtfFeatures.GlobalFunc);

    /// <summary>A map's lifetime can be tied to a program.</summary>
    public static KernelFeature ProgBindMap { get; } = new("maps bound to programs", "5.10", TryBindMap);

    /// <summary>BPF memory is accounted to the control group, not to RLIMIT_MEMLOCK.</summary>
    public static KernelFeature MemcgAccounting { get; } =
        new("accounting to control groups", "5.11", () => TryProgram(BpfProgramType.SocketFilter, [Call(BpfHelper.KtimeGetCoarseNs), Exit()]));

    /// <summary>BTF of floating point types (FLOAT).</summary>
    public static KernelFeature BtfFloat { get; } = new("BTF of floats", "5.13", () => TryBtf((btf, _) => btf.AddFloat("x", sizeof(float))), BtfFeatures.Float);

    /// <summary>Perf events (tracepoints, kprobes, uprobes) attach through a link.</summary>
    public static KernelFeature PerfLink { get; } =
        new("links of perf events", "5.15", () => TryLink(BpfProgramType.Tracepoint, 0, BpfAttachType.PerfEvent, Errno.EBADF));

    /// <summary>A number given at attachment that the program can ask for.</summary>
    public static KernelFeature BpfCookie { get; } =
        new("cookies", "5.15", () => TryProgram(BpfProgramType.Tracepoint, [Call(BpfHelper.GetAttachCookie), Exit()]), refusalIsAnswer: true);

    /// <summary>BTF declaration tags (DECL_TAG).</summary>
    public static KernelFeature BtfDeclTag { get; } =
        new("BTF declaration tags", "5.16", () => TryBtf((btf, type) => btf.AddDeclTag("x", btf.AddVar("x", type, BtfLinkage.Static))), BtfFeatures.DeclTag);

    /// <summary>BTF type tags (TYPE_TAG).</summary>
    public static KernelFeature BtfTypeTag { get; } =
        new("BTF type tags", "5.17", () => TryBtf((btf, type) => btf.AddPtr(btf.AddTypeTag("x", type))), BtfFeatures.TypeTag);

    /// <summary>Many kernel functions through one link (kprobe.multi).</summary>
    public static KernelFeature KprobeMulti { get; } = new("kprobe.multi", "5.18", () =>
        TryLink(BpfProgramType.Kprobe, BpfAttachType.TraceKprobeMulti, BpfAttachType.TraceKprobeMulti, Errno.EFAULT));

    /// <summary>BTF 64-bit enumerations (ENUM64).</summary>
    public static KernelFeature BtfEnum64 { get; } =
        new("BTF 64-bit enumerations", "6.0", () => TryBtf((btf, _) => btf.AddEnum64("x", sizeof(long), isSigned: false, ("y", 0))), BtfFeatures.Enum64);

    /// <summary>Many places of an executable through one link (uprobe.multi).</summary>
    public static KernelFeature UprobeMulti { get; } = new("uprobe.multi", "6.6", () =>
        TryLink(BpfProgramType.Kprobe, BpfAttachType.TraceUprobeMulti, BpfAttachType.TraceUprobeMulti, Errno.EBADF));

    /// <summary>A bpffs can lend the right to use bpf() to a user namespace.</summary>
    public static KernelFeature Tokens { get; } = new("tokens", "6.9", TryToken);

    /// <summary>BTF DATASEC names that begin with <c>?</c>.</summary>
    public static KernelFeature BtfOptionalDataSec { get; } =
        new("BTF of optional sections", "6.9", () => TryBtf((btf, type) => AddSection(btf, type, "?x")), BtfFeatures.QuestionDataSec);

    /// <summary>BTF with a layout section.</summary>
    public static KernelFeature BtfLayout { get; } = new("BTF layout sections", "7.1", () => TryBtf((_, _) => { }, layout: true), BtfFeatures.Layout);

    /// <summary>All of them, by the version that brings them.</summary>
    public static IReadOnlyList<KernelFeature> All { get; } =
    [
        ObjectNames, ExpectedAttachType, BtfLoading, BtfFunc, GlobalData, BtfDataSec, ArrayMmap, ProbeReadKernel, BtfGlobalFunc, ProgBindMap, MemcgAccounting,
        BtfFloat, PerfLink, BpfCookie, BtfDeclTag, BtfTypeTag, KprobeMulti, BtfEnum64, UprobeMulti, Tokens, BtfOptionalDataSec, BtfLayout,
    ];

    /// <summary>Which parts of BTF the running kernel accepts from user space.</summary>
    public static BtfFeatures SupportedBtf =>
        All.Where(feature => feature.Btf != BtfFeatures.None && feature.IsSupported()).Aggregate(BtfFeatures.None, (all, feature) => all | feature.Btf);

    /// <summary>What it is, as the subject of a sentence: <c>links of perf events</c>.</summary>
    public string Name { get; }

    /// <summary>The Linux version that brings it.</summary>
    public Version Since { get; }

    /// <summary>The part of BTF that it stands for, if any.</summary>
    public BtfFeatures Btf { get; }

    /// <summary>Whether the running kernel has it. A conclusive answer is remembered for the process.</summary>
    /// <remarks>Where privileges, memory or descriptors do not suffice to try, the kernel's version decides, and the answer is not remembered.</remarks>
    /// <exception cref="PlatformNotSupportedException">Not Linux.</exception>
    public bool IsSupported()
    {
        if (_known != 0)
            return _known > 0;
        int result = _probe();
        if (IsNoAnswer(result))
            return KernelVersion.Current >= Since;
        _known = result >= 0 ? 1 : -1;
        return result >= 0;
    }

    /// <summary>Has all of them found out anew.</summary>
    internal static void Forget()
    {
        foreach (KernelFeature feature in All)
            feature._known = 0;
    }

    /// <summary>The feature with the version that brings it, such as <c>links of perf events need Linux 5.15</c>.</summary>
    public string Requirement() => $"{Name} {(Name.EndsWith('s') ? "need" : "needs")} Linux {Since}";

    /// <inheritdoc/>
    public override string ToString() => Name;

    private bool IsNoAnswer(int result) => result switch
    {
        -Errno.EPERM or -Errno.EACCES => !_refusalIsAnswer || TryProgram(BpfProgramType.Tracepoint, ReturnZero) == result,
        -Errno.EINTR or -Errno.EAGAIN or -Errno.ENOMEM or -Errno.ENFILE or -Errno.EMFILE => true,
        _ => false,
    };

    private static BtfTypeId PrototypeOf(BtfBuilder btf, BtfTypeId type) => btf.AddFuncProto(default, new BtfParameter("x", type));

    private static void AddSection(BtfBuilder btf, BtfTypeId type, string name)
    {
        BtfTypeId variable = btf.AddVar("x", type, BtfLinkage.Static);
        _ = btf.AddDataSec(name, sizeof(int), new BtfSectionVariable(variable, 0, sizeof(int)));
    }
}
