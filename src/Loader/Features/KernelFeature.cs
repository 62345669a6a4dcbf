namespace P3Ebpf.Loader.Features;

/// <summary>What some kernels can do and others cannot; ask <see cref="KernelFeatures.IsSupported"/>.</summary>
public enum KernelFeature
{
    /// <summary>Programs and maps have names. Linux 4.15.</summary>
    ObjectNames,

    /// <summary>Expected attach type at load time. Linux 4.17.</summary>
    ExpectedAttachType,

    /// <summary>BTF can be loaded. Linux 4.18.</summary>
    Btf,

    /// <summary>BTF of functions (FUNC, FUNC_PROTO). Linux 5.0.</summary>
    BtfFunc,

    /// <summary>Instructions may point into an array map: global variables. Linux 5.2.</summary>
    GlobalData,

    /// <summary>BTF of variables (VAR, DATASEC). Linux 5.2.</summary>
    BtfDataSec,

    /// <summary>Array maps can be mapped into memory. Linux 5.5.</summary>
    ArrayMmap,

    /// <summary>Helpers bpf_probe_read_kernel and bpf_probe_read_user. Linux 5.5.</summary>
    ProbeReadKernel,

    /// <summary>BTF functions with global linkage. Linux 5.6.</summary>
    BtfGlobalFunc,

    /// <summary>A map's lifetime can be tied to a program. Linux 5.10.</summary>
    ProgBindMap,

    /// <summary>BPF memory is accounted to the control group, not to RLIMIT_MEMLOCK. Linux 5.11.</summary>
    MemcgAccounting,

    /// <summary>BTF of floating point types (FLOAT). Linux 5.13.</summary>
    BtfFloat,

    /// <summary>Perf events (tracepoints, kprobes, uprobes) attach through a link. Linux 5.15.</summary>
    PerfLink,

    /// <summary>A number given at attachment that the program can ask for. Linux 5.15.</summary>
    BpfCookie,

    /// <summary>BTF declaration tags (DECL_TAG). Linux 5.16.</summary>
    BtfDeclTag,

    /// <summary>BTF type tags (TYPE_TAG). Linux 5.17.</summary>
    BtfTypeTag,

    /// <summary>Many kernel functions through one link (kprobe.multi). Linux 5.18.</summary>
    KprobeMulti,

    /// <summary>BTF 64-bit enumerations (ENUM64). Linux 6.0.</summary>
    BtfEnum64,

    /// <summary>BTF DATASEC names that begin with <c>?</c>. Linux 6.9.</summary>
    BtfOptionalDataSec,

    /// <summary>Many places of an executable through one link (uprobe.multi). Linux 6.6.</summary>
    UprobeMulti,

    /// <summary>BTF with a layout section. Linux 7.1.</summary>
    BtfLayout,
}
