namespace P3Ebpf.Object.Sections;

/// <summary>What a section name asks for besides program and attach type.</summary>
[Flags]
public enum BpfSectionFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A target may follow after a slash, as in <c>tracepoint/sched/sched_switch</c>.</summary>
    TakesTarget = 1,

    /// <summary>The expected attach type is left out on kernels that do not know that field.</summary>
    OptionalAttachType = 2,

    /// <summary>The program may sleep.</summary>
    Sleepable = 4,

    /// <summary>The XDP program copes with packets in several buffers.</summary>
    XdpFragments = 8,
}
