namespace P3Ebpf.Loader.Links;

/// <summary>
/// Where a program goes among those that are attached at the same place: of tcx (Linux 6.6), netkit (6.7) and control groups (6.17). Without any it
/// goes behind the others.
/// </summary>
public sealed record BpfPlacement
{
    private const uint BeforeFlag = 1 << 3; // BPF_F_BEFORE
    private const uint AfterFlag = 1 << 4; // BPF_F_AFTER
    private const uint LinkFlag = 1 << 13; // BPF_F_LINK

    private readonly uint _flags;
    private readonly BpfResource? _anchor;

    private BpfPlacement(uint flags, BpfResource? anchor)
    {
        _flags = flags | (anchor is BpfLink ? LinkFlag : 0);
        _anchor = anchor;
    }

    /// <summary>Before all others.</summary>
    public static BpfPlacement First { get; } = new(BeforeFlag, null);

    /// <summary>Behind all others.</summary>
    public static BpfPlacement Last { get; } = new(AfterFlag, null);

    /// <summary>
    /// The number of changes that the place must have seen, as <see cref="BpfAttachedPrograms.Revision"/> told it: if somebody else has attached or
    /// detached something since, nothing is done, and the kernel says ESTALE. 0 for any.
    /// </summary>
    public ulong ExpectedRevision { get; init; }

    /// <summary>Right before an attached program.</summary>
    public static BpfPlacement Before(BpfProgram program) => new(BeforeFlag, Checked(program));

    /// <summary>Right before the program of a link.</summary>
    public static BpfPlacement Before(BpfLink link) => new(BeforeFlag, Checked(link));

    /// <summary>Right behind an attached program.</summary>
    public static BpfPlacement After(BpfProgram program) => new(AfterFlag, Checked(program));

    /// <summary>Right behind the program of a link.</summary>
    public static BpfPlacement After(BpfLink link) => new(AfterFlag, Checked(link));

    internal void Write(ref LinkCreateAttr attributes)
    {
        attributes.Flags |= _flags;
        attributes.RelativeTo = (uint)(_anchor?.Handle.Descriptor ?? 0);
        attributes.ExpectedRevision = ExpectedRevision;
    }

    internal void Write(ref ProgAttachAttr attributes)
    {
        attributes.Flags |= _flags;
        attributes.RelativeTo = (uint)(_anchor?.Handle.Descriptor ?? 0);
        attributes.ExpectedRevision = ExpectedRevision;
    }

    internal static string? Hint(int error) => error switch
    {
        Errno.ESTALE => "Something was attached or detached there since the revision was read; read it again.",
        Errno.ENOENT => "What it was to be placed beside is not attached there, or the network device is gone.",
        Errno.EEXIST => "The program is attached there already.",
        Errno.ERANGE => "As many programs are attached there as the kernel allows (64).",
        _ => null,
    };

    private static T Checked<T>(T anchor)
    {
        ArgumentNullException.ThrowIfNull(anchor);
        return anchor;
    }
}

/// <summary>What is attached at a place, in the order in which it runs.</summary>
/// <param name="ProgramIds">The programs' ids.</param>
/// <param name="LinkIds">The ids of their links; 0 for those attached without, or where the kernel does not tell (before 6.6).</param>
/// <param name="Revision">How many changes the place has seen; 0 where the kernel does not count them.</param>
public sealed record BpfAttachedPrograms(IReadOnlyList<uint> ProgramIds, IReadOnlyList<uint> LinkIds, ulong Revision)
{
    /// <summary>BPF_PROG_QUERY.</summary>
    internal static unsafe BpfAttachedPrograms Read(uint target, BpfAttachType type, string place)
    {
        const int Most = 64; // BPF_MPROG_MAX, BPF_CGROUP_MAX_PROGS
        uint* programs = stackalloc uint[Most];
        uint* links = stackalloc uint[Most];
        new Span<uint>(links, Most).Clear();
        ProgQueryAttr attributes = default;
        attributes.Target = target;
        attributes.AttachType = type;
        attributes.ProgramIds = (ulong)programs;
        attributes.Count = Most;
        attributes.LinkIds = type is BpfAttachType.TcxIngress or BpfAttachType.TcxEgress or BpfAttachType.NetkitPrimary or BpfAttachType.NetkitPeer ? (ulong)links : 0;
        int result = BpfSystemCall.Invoke(BpfCommand.ProgQuery, ref attributes);
        if (result < 0)
            throw new BpfException($"listing the programs of {place}", -result, BpfCommand.ProgQuery);
        int count = (int)Math.Min(attributes.Count, Most);
        return new BpfAttachedPrograms([.. new Span<uint>(programs, count)], [.. new Span<uint>(links, count)], attributes.Revision);
    }
}
