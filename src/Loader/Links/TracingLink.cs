namespace P3Ebpf.Loader.Links;

/// <summary>A program attached where it was loaded for: fentry, fexit, fmod_ret, fsession, tp_btf, LSM; or in place of another program's
/// function (freplace).</summary>
public sealed class TracingLink : BpfLink
{
    private TracingLink(BpfProgram program, BpfHandle handle, string place)
        : base(handle, place, program)
    {
    }

    /// <summary>Attaches a program of kind <see cref="BpfProgramType.Tracing"/> or <see cref="BpfProgramType.Lsm"/>, or one of kind
    /// <see cref="BpfProgramType.Ext"/> to the program it was loaded for.</summary>
    /// <param name="program">The program, loaded with <see cref="BpfProgramOptions.AttachBtfId"/>.</param>
    /// <param name="options">The cookie (Linux 5.19).</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static TracingLink Attach(BpfProgram program, BpfProbeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        string place = program.Spec is { AttachPoint: BpfBtfTarget or BpfExtensionTarget } spec
            ? $"{spec.SectionName.Split('/')[0]} of {spec.AttachPoint}"
            : $"its target ({program.ExpectedAttachType})";
        LinkCreateAttr attributes = default;
        attributes.TracingCookie = options?.Cookie ?? 0;
        int result = TryCreate(program, program.ExpectedAttachType, ref attributes);
        if (result == -Errno.EINVAL && attributes.TracingCookie == 0)
            result = OpenAsRawTracepoint(program);
        return result >= 0
            ? new TracingLink(program, BpfHandle.Own(result), $"{place} by {program.Description}")
            : throw Refused(program, place, -result, program.ExpectedAttachType, Hint(-result));
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
        return new TracingLink(program, Create(program, default, ref attributes, place, Hint), place);
    }

    // Before Linux 5.19 these attach by the older command, without a name.
    private static int OpenAsRawTracepoint(BpfProgram program)
    {
        using BpfHandle.Use use = program.Handle.Borrow();
        RawTracepointAttr attributes = default;
        attributes.ProgFd = use.Descriptor;
        return BpfSystemCall.Invoke(BpfCommand.RawTracepointOpen, ref attributes);
    }

    private static string? Hint(int error) => error switch
    {
        Errno.EBUSY => "Something else changes that function: another program of this kind that may not be combined with it, or a live patch.",
        Errno.E2BIG => "As many programs are attached to that function as the kernel allows (38).",
        Errno.ENOTSUPP => "This kernel or architecture has no trampolines for such programs (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS).",
        _ => null,
    };
}
