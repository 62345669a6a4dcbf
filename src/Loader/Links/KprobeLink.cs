
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a kernel function, at its entry, inside it, or at its return.</summary>
public sealed unsafe class KprobeLink : PerfEventLink
{
    private KprobeLink((BpfHandle, bool) attached, string place)
        : base(attached, place)
    {
    }

    /// <summary>Attaches a program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Kprobe"/>.</param>
    /// <param name="function">The function's name as in /proc/kallsyms.</param>
    /// <param name="offset">Bytes from its beginning; 0 for returns.</param>
    /// <param name="atReturn">Whether it runs when the function returns.</param>
    /// <param name="cookie">A number the program can ask for; needs Linux 5.15.</param>
    /// <exception cref="BpfException">There is no such function, probing it is forbidden, or the kernel refuses.</exception>
    public static KprobeLink Attach(BpfProgram program, string function, ulong offset = 0, bool atReturn = false, ulong cookie = 0)
    {
        ArgumentNullException.ThrowIfNull(program);
        string place = $"{(atReturn ? "kretprobe" : "kprobe")} {function}{(offset == 0 ? "" : $"+{offset}")}";
        fixed (byte* name = BpfSystemCall.ZeroTerminated(function))
        {
            PerfEventAttr attributes = default;
            attributes.Type = ProbeSource.TypeOf("kprobe");
            attributes.Config = atReturn ? ProbeSource.ReturnFlag("kprobe") : 0;
            attributes.Config1 = (ulong)name;
            attributes.Config2 = offset;
            return new KprobeLink(Open(program, ref attributes, pid: -1, cookie, place), place);
        }
    }
}
