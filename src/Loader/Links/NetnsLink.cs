namespace P3Ebpf.Loader.Links;

/// <summary>A flow dissector or socket lookup attached to a network namespace.</summary>
public sealed class NetnsLink : TargetLink
{
    private NetnsLink(BpfProgram program, BpfHandle link, BpfAttachType type, string place)
        : base(program, link, type, place)
    {
    }

    private NetnsLink(BpfProgram program, TargetAttachment attachment, BpfAttachType type, string place)
        : base(program, attachment, type, place)
    {
    }

    /// <summary>Attaches a program by a link. Linux 5.8; socket lookups 5.9.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.FlowDissector"/> or <see cref="BpfProgramType.SkLookup"/>.</param>
    /// <param name="path">The namespace, such as <c>/proc/self/ns/net</c>; that of the calling thread if not given.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static NetnsLink Attach(BpfProgram program, string path = "/proc/thread-self/ns/net")
    {
        ArgumentNullException.ThrowIfNull(program);
        string place = $"network namespace {path}";
        BpfAttachType type = TypeOf(program);
        using BpfHandle ns = OpenTarget(path, program, place);
        LinkCreateAttr attributes = default;
        attributes.TargetFd = ns.Descriptor;
        return new NetnsLink(program, Create(program, type, ref attributes, place, Hint), type, place);
    }

    /// <summary>
    /// Attaches a flow dissector to the network namespace of the calling thread, without a link: it stays when the process ends, unless this is
    /// disposed before, in the same namespace. Linux 4.20.
    /// </summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.FlowDissector"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static NetnsLink AttachWithoutLink(BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        const string Place = "the network namespace of this thread";
        BpfAttachType type = TypeOf(program);
        ProgAttachAttr attributes = default;
        BpfHandle ns = OpenTarget("/proc/thread-self/ns/net", program, Place);
        return new NetnsLink(program, AttachTo(program, ns, ref attributes, type, Place, Hint, isImplied: true), type, Place);
    }

    private static BpfAttachType TypeOf(BpfProgram program) =>
        program.Type == BpfProgramType.FlowDissector ? BpfAttachType.FlowDissector : BpfAttachType.SkLookup;

    private static string? Hint(int error) => error switch
    {
        Errno.EEXIST => "A flow dissector is attached there, or to the machine's first network namespace, which then holds for all; detach it first.",
        Errno.E2BIG => "As many programs are attached there as the kernel allows (64).",
        _ => null,
    };
}
