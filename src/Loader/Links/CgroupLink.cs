namespace P3Ebpf.Loader.Links;

/// <summary>What may be attached besides a program, at its control group and below, without links; <c>BPF_F_ALLOW_*</c>.</summary>
public enum BpfCgroupSharing : uint
{
    /// <summary>Nothing.</summary>
    Exclusive = 0,

    /// <summary>Another program in its place, in groups below.</summary>
    Override = 1,

    /// <summary>Others beside it, here and below; all run. Links are always of this kind.</summary>
    Multi = 2,
}

/// <summary>How a program is attached to a control group.</summary>
public sealed record BpfCgroupOptions
{
    /// <summary>Where in the group, for programs opened by pin or id; <see langword="null"/> for where it was loaded for.</summary>
    public BpfAttachType? AttachType { get; init; }

    /// <summary>Where among the programs there (Linux 6.17).</summary>
    public BpfPlacement? Placement { get; init; }

    /// <summary>What may be attached besides, where there is no link.</summary>
    public BpfCgroupSharing Sharing { get; init; } = BpfCgroupSharing.Multi;

    /// <summary>The attached program whose place is taken, where there is no link. Linux 5.6.</summary>
    public BpfProgram? Replaced { get; init; }
}

/// <summary>A program attached to a control group.</summary>
public sealed class CgroupLink : TargetLink
{
    private const uint ReplaceFlag = 1 << 2; // BPF_F_REPLACE

    private CgroupLink(BpfProgram program, BpfHandle link, BpfAttachType type, string place)
        : base(program, link, type, place)
    {
    }

    private CgroupLink(BpfProgram program, TargetAttachment attachment, BpfAttachType type, string place)
        : base(program, attachment, type, place)
    {
    }

    /// <summary>Attaches a program by a link. Linux 5.7.</summary>
    /// <param name="program">A program of a kind for control groups, or <c>lsm_cgroup</c>.</param>
    /// <param name="directory">The control group's directory in a cgroup2 file system.</param>
    /// <param name="options">Where in the group, and among the programs there.</param>
    /// <exception cref="BpfException">The directory is missing or not of cgroup2, or the kernel refuses.</exception>
    public static CgroupLink Attach(BpfProgram program, string directory, BpfCgroupOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        BpfAttachType type = options?.AttachType ?? TypeOf(program);
        string place = Place(type, directory);
        using BpfHandle group = OpenTarget(directory, program, place);
        LinkCreateAttr attributes = default;
        attributes.TargetFd = group.Descriptor;
        options?.Placement?.Write(ref attributes);
        return new CgroupLink(program, Create(program, type, ref attributes, place, Hint), type, place);
    }

    /// <summary>Attaches a program without a link: it stays when the process ends, unless this is disposed before. Linux 4.10.</summary>
    /// <param name="program">A program of a kind for control groups.</param>
    /// <param name="directory">The control group's directory in a cgroup2 file system.</param>
    /// <param name="options">What may be attached besides, what is replaced, and where.</param>
    /// <exception cref="BpfException">The directory is missing or not of cgroup2, or the kernel refuses.</exception>
    public static CgroupLink AttachWithoutLink(BpfProgram program, string directory, BpfCgroupOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        options ??= new BpfCgroupOptions();
        BpfAttachType type = options.AttachType ?? TypeOf(program);
        string place = Place(type, directory);
        ProgAttachAttr attributes = default;
        attributes.Flags = (uint)options.Sharing | (options.Replaced is null ? 0 : ReplaceFlag);
        attributes.ReplacedFd = options.Replaced?.Handle.Descriptor ?? 0;
        options.Placement?.Write(ref attributes);
        return new CgroupLink(program, AttachTo(program, OpenTarget(directory, program, place), ref attributes, type, place, Hint), type, place);
    }

    /// <summary>Lists the programs that are attached to a control group itself (not those it inherits).</summary>
    /// <param name="directory">The control group's directory.</param>
    /// <param name="type">Where in the group.</param>
    /// <exception cref="BpfException">The directory is missing or not of cgroup2, or the kernel refuses.</exception>
    public static BpfAttachedPrograms Query(string directory, BpfAttachType type)
    {
        string place = Place(type, directory);
        int descriptor = Libc.Open(directory, Libc.OpenCloseOnExec);
        if (descriptor < 0)
            throw new BpfException($"listing the programs of {place}", -Libc.NegativeError);
        using BpfHandle group = BpfHandle.Own(descriptor);
        return BpfAttachedPrograms.Read((uint)group.Descriptor, type, place);
    }

    /// <summary>Sections such as <c>cgroup/skb</c> leave the direction open, and the number of ingress is that of nothing.</summary>
    private static BpfAttachType TypeOf(BpfProgram program) => program.Spec is { ExpectedAttachType: { } type } ? type : program.ExpectedAttachType;

    private static string Place(BpfAttachType type, string directory) => $"{type} of control group {directory}";

    private static string? Hint(int error) => error switch
    {
        Errno.EBADF => "The directory is not of a cgroup2 file system; mount -t cgroup2 none /sys/fs/cgroup, or take that of the unified hierarchy.",
        Errno.EPERM => "A program that allows no others is attached here, above or below; or this process may not (CAP_NET_ADMIN with CAP_BPF).",
        _ => BpfPlacement.Hint(error),
    };
}
