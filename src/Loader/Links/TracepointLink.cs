
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a tracepoint of tracefs.</summary>
public sealed class TracepointLink : PerfEventLink
{
    private TracepointLink((BpfHandle, bool) attached, string category, string name)
        : base(attached, $"tracepoint {category}/{name}")
    {
        Category = category;
        Name = name;
    }

    /// <summary>The tracepoint's category, such as <c>sched</c>.</summary>
    public string Category { get; }

    /// <summary>The tracepoint's name, such as <c>sched_switch</c>.</summary>
    public string Name { get; }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Tracepoint"/>.</param>
    /// <param name="category">The category, such as <c>sched</c>.</param>
    /// <param name="name">The name, such as <c>sched_switch</c>.</param>
    /// <param name="cookie">A number the program can ask for; needs Linux 5.15.</param>
    /// <exception cref="BpfException">There is no such tracepoint, or the kernel refuses.</exception>
    public static TracepointLink Attach(BpfProgram program, string category, string name, ulong cookie = 0)
    {
        ArgumentNullException.ThrowIfNull(program);
        const uint TypeTracepoint = 2; // PERF_TYPE_TRACEPOINT

        PerfEventAttr attributes = default;
        attributes.Type = TypeTracepoint;
        using (TraceFs traceFs = TraceFs.Open())
            attributes.Config = (ulong)traceFs.GetTracepointId(category, name);
        return new TracepointLink(Open(program, ref attributes, pid: -1, cookie, $"tracepoint {category}/{name}"), category, name);
    }
}
