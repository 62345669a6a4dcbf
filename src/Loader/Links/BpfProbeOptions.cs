namespace P3Ebpf.Loader.Links;

/// <summary>How a probe is attached: a kprobe, uprobe, USDT probe or tracepoint.</summary>
public sealed record BpfProbeOptions
{
    /// <summary>A number that the program can ask for (<c>bpf_get_attach_cookie</c>). Linux 5.15; 5.19 for fentry and its like, 6.10 for raw tracepoints.</summary>
    public ulong Cookie { get; init; }

    /// <summary>The process to watch, for probes of programs and libraries; <see langword="null"/> for all.</summary>
    public int? ProcessId { get; init; }

    /// <summary>
    /// The byte offset, in the file of a uprobe, of a 16-bit counter that the kernel raises while the probe is attached (<c>ref_ctr_offset</c>);
    /// 0 for none. USDT probes know their own.
    /// </summary>
    public ulong SemaphoreOffset { get; init; }

    /// <summary>By which of the kernel's interfaces.</summary>
    public BpfProbeMode Mode { get; init; }

    internal static BpfProbeOptions Default { get; } = new();
}

/// <summary>By which of the kernel's interfaces a kprobe or uprobe is attached; libbpf's <c>enum probe_attach_mode</c>.</summary>
public enum BpfProbeMode
{
    /// <summary>The newest that the kernel has.</summary>
    Automatic,

    /// <summary>An event that is made in tracefs, for kernels without the other two; it is removed with the link.</summary>
    Legacy,

    /// <summary>A perf event, to which the program is attached without a link. Linux 4.17.</summary>
    Perf,

    /// <summary>A link of a perf event. Linux 5.15.</summary>
    Link,
}
