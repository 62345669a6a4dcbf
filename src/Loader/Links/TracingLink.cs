
namespace P3Ebpf.Loader.Links;

/// <summary>A program attached where it was loaded for: fentry, fexit, fmod_ret, tp_btf, LSM; or in place of another program's
/// function (freplace).</summary>
public sealed class TracingLink : BpfLink
{
    private TracingLink(BpfHandle handle, string place)
        : base(handle, place)
    {
    }

    /// <summary>Attaches a program of kind <see cref="BpfProgramType.Tracing"/> or <see cref="BpfProgramType.Lsm"/>, or one of kind
    /// <see cref="BpfProgramType.Ext"/> to the program it was loaded for.</summary>
    /// <param name="program">The program, loaded with <see cref="BpfProgramOptions.AttachBtfId"/>.</param>
    /// <param name="cookie">A number the program can ask for; needs Linux 5.19.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static TracingLink Attach(BpfProgram program, ulong cookie = 0)
    {
        ArgumentNullException.ThrowIfNull(program);
        string place = $"its target ({program.ExpectedAttachType})";
        LinkCreateAttr attributes = default;
        attributes.TracingCookie = cookie;
        int result = TryCreate(program, program.ExpectedAttachType, ref attributes);
        if (result == -Errno.EINVAL && cookie == 0)
            result = OpenAsRawTracepoint(program);
        return result >= 0
            ? new TracingLink(BpfHandle.Own(result), $"tracing of {program.Description}")
            : throw Refused(program, place, -result, program.ExpectedAttachType);
    }

    /// <summary>Replaces a global function of a loaded program.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.Ext"/>.</param>
    /// <param name="target">The program whose function is replaced.</param>
    /// <param name="functionBtfId">The function in the BTF of <paramref name="target"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static TracingLink Attach(BpfProgram program, BpfProgram target, uint functionBtfId)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(target);
        using BpfHandle.Use use = target.Handle.Borrow();
        LinkCreateAttr attributes = default;
        attributes.TargetFd = use.Descriptor;
        attributes.TargetBtfId = functionBtfId;
        string place = $"a function of {target.Description}";
        return new TracingLink(Create(program, default, ref attributes, place), place);
    }

    // Before Linux 5.19 these attach by the older command, without a name.
    private static int OpenAsRawTracepoint(BpfProgram program)
    {
        using BpfHandle.Use use = program.Handle.Borrow();
        RawTracepointAttr attributes = default;
        attributes.ProgFd = use.Descriptor;
        return BpfSystemCall.Invoke(BpfCommand.RawTracepointOpen, ref attributes);
    }
}
