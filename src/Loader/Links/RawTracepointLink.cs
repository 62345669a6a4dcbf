
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a raw tracepoint.</summary>
public sealed unsafe class RawTracepointLink : BpfLink
{
    private RawTracepointLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.RawTracepoint"/> or its writable form.</param>
    /// <param name="name">The tracepoint without category, such as <c>sched_switch</c>.</param>
    /// <param name="cookie">A number the program can ask for; needs Linux 6.10.</param>
    /// <exception cref="BpfException">There is no such tracepoint, or the kernel refuses.</exception>
    public static RawTracepointLink Attach(BpfProgram program, string name, ulong cookie = 0)
    {
        ArgumentNullException.ThrowIfNull(program);
        string place = $"raw tracepoint {name}";
        fixed (byte* pointer = BpfSystemCall.ZeroTerminated(name))
        {
            using BpfHandle.Use use = program.Handle.Borrow();
            RawTracepointAttr attributes = default;
            attributes.Name = (ulong)pointer;
            attributes.ProgFd = use.Descriptor;
            attributes.Cookie = cookie;
            int result = BpfSystemCall.Invoke(BpfCommand.RawTracepointOpen, ref attributes);
            return result >= 0
                ? new RawTracepointLink(BpfHandle.Own(result), place)
                : throw new BpfException(Attaching(program, place), -result, BpfCommand.RawTracepointOpen, Hint(-result, name));
        }
    }

    private static string? Hint(int error, string name) => error switch
    {
        Errno.ENOENT => $"This kernel has no tracepoint '{name}'.",
        Errno.EINVAL => "The program may read more arguments than the tracepoint has.",
        _ => BpfErrorHint.For(BpfCommand.RawTracepointOpen, error),
    };
}
