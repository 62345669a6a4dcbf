namespace P3Ebpf.Loader.Links;

/// <summary>What the kernel tells about a link.</summary>
public sealed record BpfLinkInfo
{
    /// <summary>The kernel's number for the link.</summary>
    public required uint Id { get; init; }

    /// <summary>The kind of link.</summary>
    public required BpfLinkType Type { get; init; }

    /// <summary>The id of the attached program; 0 for struct_ops.</summary>
    public required uint ProgramId { get; init; }

    /// <summary>Where it is attached, for kinds of link that know.</summary>
    public required BpfAttachType? AttachType { get; init; }

    /// <summary>The network device; 0 when there is none, or it is gone.</summary>
    public required uint InterfaceIndex { get; init; }
}
