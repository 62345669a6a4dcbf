namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a raw tracepoint.</summary>
public sealed unsafe class RawTracepointLink : BpfLink
{
    private RawTracepointLink(BpfProgram program, BpfHandle handle, string place)
        : base(handle, place, program)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.RawTracepoint"/> or its writable form.</param>
    /// <param name="tracepoint">The tracepoint, without category, such as <c>new("sched_switch")</c>.</param>
    /// <param name="options">The cookie (Linux 6.10).</param>
    /// <exception cref="BpfException">There is no such tracepoint, or the kernel refuses.</exception>
    public static RawTracepointLink Attach(BpfProgram program, BpfRawTracepoint tracepoint, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(tracepoint);
        string place = tracepoint.ToString();
        fixed (byte* pointer = BpfSystemCall.ZeroTerminated(tracepoint.Name))
        {
            using BpfHandle.Use use = program.Handle.Borrow();
            RawTracepointAttr attributes = default;
            attributes.Name = (ulong)pointer;
            attributes.ProgFd = use.Descriptor;
            attributes.Cookie = options?.Cookie ?? 0;
            int result = BpfSystemCall.Invoke(BpfCommand.RawTracepointOpen, ref attributes);
            return result >= 0
                ? new RawTracepointLink(program, BpfHandle.Own(result), place)
                : throw new BpfException(Attaching(program, place), -result, BpfCommand.RawTracepointOpen, Hint(-result, tracepoint.Name));
        }
    }

    private static string? Hint(int error, string name) => error switch
    {
        Errno.ENOENT => NearNames.Suggest($"This kernel has no tracepoint '{name}'", name, Names()),
        Errno.EINVAL => "The program may read more arguments than the tracepoint has, or want to write where it has nothing to be written.",
        _ => BpfErrorHint.For(BpfCommand.RawTracepointOpen, error),
    };

    private static IEnumerable<string> Names()
    {
        using TraceFs traceFs = TraceFs.Open();
        return [.. traceFs.ReadLines("available_events").Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..])];
    }
}
