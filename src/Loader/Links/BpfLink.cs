namespace P3Ebpf.Loader.Links;

/// <summary>The attachment of a program. Disposing detaches it, unless it is pinned or open elsewhere.</summary>
/// <remarks>
/// Hold on to it: a link that nothing refers to is detached when the collector finds it. <see cref="BpfObject.Attach(BpfAttachOptions?)"/> and
/// <see cref="BpfObject.Keep"/> give it to an object that lives as long as it should; pinning gives it to the kernel.
/// </remarks>
public class BpfLink : BpfResource
{
    private protected BpfLink(BpfHandle handle, string description, BpfProgram? program = null)
        : base(handle)
    {
        Description = description;
        Program = program;
    }

    /// <summary>The attached program; <see langword="null"/> for links that were opened by pin or id, and for struct_ops.</summary>
    public BpfProgram? Program { get; private set; }

    /// <summary>
    /// Whether the kernel has an object for the attachment, with an id, that can be pinned. Perf events have one since Linux 5.15; what is attached by
    /// older commands, and filters of traffic control, have none.
    /// </summary>
    public virtual bool IsKernelLink => true;

    /// <summary>The struct_ops map that it puts into force; <see langword="null"/> for links of programs and for those that were opened.</summary>
    public BpfMap? Map { get; internal set; }

    internal override string Description { get; }

    /// <summary>Opens a pinned link.</summary>
    /// <exception cref="BpfException">Nothing is pinned there, it is not a link, or access is denied.</exception>
    public static BpfLink FromPin(string path) => new(OpenPinned(path, "link"), $"link {path}") { PinPath = path };

    /// <summary>Opens a link by its id.</summary>
    /// <exception cref="BpfException">There is no such link, or the process may not open by id (CAP_SYS_ADMIN).</exception>
    public static BpfLink FromId(uint id) => new(OpenById(BpfCommand.LinkGetFdById, id, "link"), $"link {id}");

    /// <summary>The links in the kernel, whosever they are, by id. Linux 5.8.</summary>
    /// <exception cref="BpfException">The process may not list (CAP_SYS_ADMIN).</exception>
    public static IReadOnlyList<BpfLinkInfo> List() => List(BpfCommand.LinkGetNextId, "links", FromId, link => link.GetInfo());

    /// <summary>Asks the kernel about the link.</summary>
    /// <exception cref="BpfException">The kernel refuses, or has no object for the attachment.</exception>
    public BpfLinkInfo GetInfo()
    {
        RequireKernelLink("describing");
        LinkInfo info = default;
        ReadInfo(Handle, ref info, Description);
        return new BpfLinkInfo
        {
            Id = info.Id,
            Type = info.Type,
            ProgramId = info.ProgramId,
            AttachType = info.Type switch
            {
                BpfLinkType.Tracing => (BpfAttachType)info.AttachType,
                BpfLinkType.Cgroup => (BpfAttachType)info.CgroupAttachType,
                BpfLinkType.Netns or BpfLinkType.Tcx or BpfLinkType.Netkit or BpfLinkType.Sockmap => (BpfAttachType)info.DeviceAttachType,
                _ => null,
            },
            InterfaceIndex = info.Type is BpfLinkType.Xdp or BpfLinkType.Tcx or BpfLinkType.Netkit ? info.InterfaceIndex : 0,
            MapId = info.Type is BpfLinkType.StructOps or BpfLinkType.Sockmap ? info.MapId : 0,
            Place = BpfLinkPlace.Describe(Handle, info),
        };
    }

    /// <summary>Detaches the program though the link stays open or pinned.</summary>
    /// <exception cref="BpfException">The kernel refuses: not every kind of link can be detached other than by closing it.</exception>
    public virtual void Detach()
    {
        using BpfHandle.Use use = Handle.Borrow();
        LinkDetachAttr attributes = default;
        attributes.LinkFd = use.Descriptor;
        int result = BpfSystemCall.Invoke(BpfCommand.LinkDetach, ref attributes);
        if (result < 0)
            throw new BpfException($"detaching {Description}", -result, BpfCommand.LinkDetach);
    }

    /// <summary>Replaces the attached program in one step.</summary>
    /// <param name="program">The new one.</param>
    /// <param name="expected">The one that must be attached now, or else nothing is done; <see langword="null"/> for any.</param>
    /// <exception cref="BpfException">The kernel refuses: not every kind of link can change its program.</exception>
    public void Update(BpfProgram program, BpfProgram? expected = null)
    {
        const uint Replace = 4; // BPF_F_REPLACE
        ArgumentNullException.ThrowIfNull(program);
        RequireKernelLink("updating");
        using BpfHandle.Use link = Handle.Borrow();
        using BpfHandle.Use other = program.Handle.Borrow();
        LinkUpdateAttr attributes = default;
        attributes.LinkFd = link.Descriptor;
        attributes.NewFd = other.Descriptor;

        // Where none is expected, its own descriptor is held for nothing.
        using BpfHandle.Use former = (expected ?? program).Handle.Borrow();
        if (expected is not null)
        {
            attributes.Flags = Replace;
            attributes.OldFd = former.Descriptor;
        }

        int result = BpfSystemCall.Invoke(BpfCommand.LinkUpdate, ref attributes);
        if (result < 0)
            throw new BpfException($"updating {Description} to {program.Description}", -result, BpfCommand.LinkUpdate);
        Program = program;
    }

    /// <inheritdoc/>
    public override void Pin(string path)
    {
        RequireKernelLink("pinning");
        base.Pin(path);
    }

    /// <summary>BPF_LINK_CREATE for a program; what the attributes say beyond the program and place is the caller's.</summary>
    internal static BpfHandle Create(
        BpfProgram program, BpfAttachType attachType, ref LinkCreateAttr attributes, string place, Func<int, string?>? hint = null)
    {
        int result = TryCreate(program, attachType, ref attributes);
        return result >= 0 ? BpfHandle.Own(result) : throw Refused(program, place, -result, attachType, hint?.Invoke(-result));
    }

    private protected static int TryCreate(BpfProgram program, BpfAttachType attachType, ref LinkCreateAttr attributes)
    {
        using BpfHandle.Use use = program.Handle.Borrow();
        attributes.ProgFd = use.Descriptor;
        attributes.AttachType = attachType;
        return BpfSystemCall.Invoke(BpfCommand.LinkCreate, ref attributes);
    }

    /// <summary>Opens the directory or file that stands for what a program is attached to.</summary>
    private protected static BpfHandle OpenTarget(string path, BpfProgram program, string place)
    {
        int descriptor = Libc.Open(path, Libc.OpenCloseOnExec);
        if (descriptor >= 0)
            return BpfHandle.Own(descriptor);
        int error = -Libc.NegativeError;
        throw new BpfException(Attaching(program, place), error, hint: error == Errno.ENOENT ? $"There is no {path}." : null);
    }

    /// <summary>Takes back what would outlive the process or the link, once more where that fails: when a link is disposed there is nobody to tell.</summary>
    private protected static void Insist(Func<bool> undo) => _ = undo() || undo();

    private protected static string Attaching(BpfProgram program, string place) => $"attaching {program.Description} to {place}";

    private protected static BpfException Refused(
        BpfProgram program, string place, int error, BpfAttachType attachType, string? hint = null, BpfCommand command = BpfCommand.LinkCreate)
    {
        string action = Attaching(program, place);
        return error is Errno.EINVAL or Errno.EOPNOTSUPP && attachType.Since() > KernelVersion.Current
            ? BpfException.NotSupported(action, $"Such a link needs Linux {attachType.Since()}", command)
            : new BpfException(action, error, command, hint);
    }

    /// <summary>What is missing that the kernel has no link for this attachment, as in "Links of perf events need Linux 5.15".</summary>
    private protected virtual string WhyNoKernelLink => "The kernel has no link for what is attached in this way";

    private void RequireKernelLink(string action)
    {
        if (!IsKernelLink)
            throw BpfException.NotSupported($"{action} {Description}", WhyNoKernelLink);
    }
}
