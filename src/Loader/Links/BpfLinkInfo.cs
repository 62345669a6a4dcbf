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

    /// <summary>The struct_ops map or map of sockets that it concerns; 0 for other kinds.</summary>
    public required uint MapId { get; init; }

    /// <summary>Where the program is attached, in words: <c>tracepoint sched_switch</c>, <c>kprobe do_exit+0x10</c>, <c>eth0</c>; empty where the kernel does not tell.</summary>
    public required string Place { get; init; }
}
