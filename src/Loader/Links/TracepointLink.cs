namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a tracepoint of tracefs.</summary>
public sealed class TracepointLink : PerfEventLink
{
    private TracepointLink(BpfProgram program, PerfEventAttachment attachment, BpfTracepoint tracepoint)
        : base(program, attachment, tracepoint.ToString()) => Tracepoint = tracepoint;

    /// <summary>The tracepoint.</summary>
    public BpfTracepoint Tracepoint { get; }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Tracepoint"/>.</param>
    /// <param name="tracepoint">The tracepoint, such as <c>new("sched", "sched_switch")</c>.</param>
    /// <param name="options">The cookie.</param>
    /// <exception cref="BpfException">There is no such tracepoint, or the kernel refuses.</exception>
    public static TracepointLink Attach(BpfProgram program, BpfTracepoint tracepoint, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(tracepoint);
        PerfEventAttr attributes = default;
        attributes.Type = (uint)BpfPerfEventType.Tracepoint;
        using (TraceFs traceFs = TraceFs.Open())
            attributes.Config = (ulong)traceFs.GetTracepointId(tracepoint.Category, tracepoint.Name);
        return new TracepointLink(program, AttachTo(program, ref attributes, options ?? BpfProbeOptions.Default, tracepoint.ToString()), tracepoint);
    }
}
