namespace P3Ebpf.Loader.Links;

/// <summary>
/// A program attached to something that a descriptor stands for: a control group, a network namespace, a map of sockets. Where it is attached by a
/// link it ends with the link. Where it is attached without one (<c>BPF_PROG_ATTACH</c>), as older kernels ask for, it stays until this is disposed or
/// <see cref="Detach"/> is called, also beyond the end of the process.
/// </summary>
public abstract class TargetLink : BpfLink
{
    private readonly BpfAttachType _type;
    private readonly bool _isImplied;
    private BpfHandle? _program;

    private protected TargetLink(BpfProgram program, BpfHandle link, BpfAttachType type, string description)
        : base(link, description, program)
    {
        _type = type;
        IsKernelLink = true;
    }

    private protected TargetLink(BpfProgram program, TargetAttachment attachment, BpfAttachType type, string description)
        : base(attachment.Target, description, program)
    {
        _type = type;
        _program = attachment.Program;
        _isImplied = attachment.IsImplied;
    }

    /// <inheritdoc/>
    public override bool IsKernelLink { get; }

    /// <inheritdoc/>
    public override void Detach()
    {
        if (IsKernelLink)
        {
            base.Detach();
            return;
        }

        int result = DetachProgram();
        if (result < 0)
            throw new BpfException($"detaching {Description}", -result, BpfCommand.ProgDetach);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !Handle.IsClosed)
            Insist(() => DetachProgram() >= 0);
        if (disposing)
            _program?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>BPF_PROG_ATTACH.</summary>
    /// <param name="program">The program.</param>
    /// <param name="target">What stands for the place; taken over by the result, and when this fails closed.</param>
    /// <param name="attributes">What there is to say beyond program, place and type.</param>
    /// <param name="type">The type of attachment.</param>
    /// <param name="place">The place, for messages.</param>
    /// <param name="hint">What to do about an error.</param>
    /// <param name="isImplied">Whether the kernel knows the place by itself, and wants no descriptor.</param>
    private protected static TargetAttachment AttachTo(
        BpfProgram program, BpfHandle target, ref ProgAttachAttr attributes, BpfAttachType type, string place, Func<int, string?>? hint = null, bool isImplied = false)
    {
        BpfHandle? own = null;
        try
        {
            own = program.Handle.Duplicate();
            attributes.TargetFd = isImplied ? 0 : target.Descriptor;
            attributes.ProgFd = own.Descriptor;
            attributes.AttachType = type;
            int result = BpfSystemCall.Invoke(BpfCommand.ProgAttach, ref attributes);
            return result >= 0 ? new TargetAttachment(target, own, isImplied) : throw Refused(program, place, -result, type, hint?.Invoke(-result), BpfCommand.ProgAttach);
        }
        catch
        {
            own?.Dispose();
            target.Dispose();
            throw;
        }
    }

    private int DetachProgram()
    {
        if (_program is null)
            return 0;
        ProgAttachAttr attributes = default;
        attributes.TargetFd = _isImplied ? 0 : Handle.Descriptor;
        attributes.ProgFd = _program.Descriptor;
        attributes.AttachType = _type;
        int result = BpfSystemCall.Invoke(BpfCommand.ProgDetach, ref attributes);
        if (result < 0)
            return result;
        _program.Dispose();
        _program = null;
        return 0;
    }
}

/// <summary>What names an attachment without link.</summary>
/// <param name="Target">The place.</param>
/// <param name="Program">The program.</param>
/// <param name="IsImplied">Whether the kernel knows the place by itself.</param>
internal readonly record struct TargetAttachment(BpfHandle Target, BpfHandle Program, bool IsImplied);
