namespace P3Ebpf.Loader.Links;

/// <summary>A program attached to a map of sockets (sockmap, sockhash): it sees what the sockets of the map receive or send.</summary>
public sealed class SockmapLink : TargetLink
{
    private SockmapLink(BpfProgram program, BpfHandle link, BpfAttachType type, string place)
        : base(program, link, type, place)
    {
    }

    private SockmapLink(BpfProgram program, TargetAttachment attachment, BpfAttachType type, string place)
        : base(program, attachment, type, place)
    {
    }

    /// <summary>Attaches a program by a link. Linux 6.10; before, see <see cref="AttachWithoutLink"/>.</summary>
    /// <param name="program">A program of kind <see cref="BpfProgramType.SkSkb"/> or <see cref="BpfProgramType.SkMsg"/>.</param>
    /// <param name="map">A map of kind <see cref="BpfMapType.Sockmap"/> or <see cref="BpfMapType.Sockhash"/>.</param>
    /// <param name="attachType">Where, for sections that leave it open and programs opened by pin or id; <see langword="null"/> for where it was loaded for.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static SockmapLink Attach(BpfProgram program, BpfMap map, BpfAttachType? attachType = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(map);
        BpfAttachType type = attachType ?? TypeOf(program);
        string place = $"{type} of {map.Description}";
        using BpfHandle.Use use = map.Handle.Borrow();
        LinkCreateAttr attributes = default;
        attributes.TargetFd = use.Descriptor;
        int result = TryCreate(program, type, ref attributes);
        if (result >= 0)
            return new SockmapLink(program, BpfHandle.Own(result), type, place);
        if (result == -Errno.EINVAL && KernelVersion.Current < new Version(6, 10))
            throw BpfException.NotSupported(Attaching(program, place), "Links of maps of sockets need Linux 6.10; attach it without", BpfCommand.LinkCreate);
        throw Refused(program, place, -result, type, Hint(-result));
    }

    /// <summary>Attaches a program without a link: it stays as long as the map, unless this is disposed before. Linux 4.14.</summary>
    /// <inheritdoc cref="Attach"/>
    public static SockmapLink AttachWithoutLink(BpfProgram program, BpfMap map, BpfAttachType? attachType = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(map);
        BpfAttachType type = attachType ?? TypeOf(program);
        string place = $"{type} of {map.Description}";
        ProgAttachAttr attributes = default;
        return new SockmapLink(program, AttachTo(program, map.Handle.Duplicate(), ref attributes, type, place, Hint), type, place);
    }

    /// <summary>By a link where the kernel has it, else without.</summary>
    internal static SockmapLink AttachAsPossible(BpfProgram program, BpfMap map) =>
        KernelVersion.Current < new Version(6, 10) ? AttachWithoutLink(program, map) : Attach(program, map);

    // Sections named sk_skb alone leave open whether they parse or judge.
    private static BpfAttachType TypeOf(BpfProgram program) => program.Type == BpfProgramType.SkMsg
        ? BpfAttachType.SkMsgVerdict
        : program.ExpectedAttachType == default ? BpfAttachType.SkSkbStreamVerdict : program.ExpectedAttachType;

    private static string? Hint(int error) => error switch
    {
        Errno.EBUSY => "A program is attached to the map in that way, or in one that excludes it (a verdict with and without stream).",
        Errno.EINVAL => "The map is no sockmap or sockhash, or the program is of another kind.",
        _ => null,
    };
}
