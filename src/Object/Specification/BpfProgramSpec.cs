namespace P3Ebpf.Object;

/// <summary>A program as the object describes it. What is set here holds for the next load.</summary>
public sealed class BpfProgramSpec
{
    internal BpfProgramSpec(BpfFunction function, string sectionName, bool optional)
    {
        Function = function;
        SectionName = sectionName;
        IsAutoLoaded = !optional;
        AttachPoint = BpfAttachPoint.Parse(sectionName);
        if (!BpfSectionDefinitions.TryFind(sectionName, out BpfSectionDefinition? definition))
            return;
        Definition = definition;
        Type = definition.ProgramType;
        ExpectedAttachType = definition.AttachType;
        if ((definition.Flags & BpfSectionFlags.Sleepable) != 0)
            Flags |= BpfProgramFlags.Sleepable;
        if ((definition.Flags & BpfSectionFlags.XdpFragments) != 0)
            Flags |= BpfProgramFlags.XdpHasFrags;
    }

    /// <summary>The name of the C function.</summary>
    public string Name => Function.Name;

    /// <summary>The section name as SEC() gave it, without a leading <c>?</c>.</summary>
    public string SectionName { get; }

    /// <summary>The function with which the program starts.</summary>
    public BpfFunction Function { get; }

    /// <summary>What the section name stands for; <see langword="null"/> where no convention knows it.</summary>
    public BpfSectionDefinition? Definition { get; }

    /// <summary>The program type; <see cref="BpfProgramType.Unspec"/> where the section name does not tell.</summary>
    public BpfProgramType Type { get; set; }

    /// <summary>The expected attach type, where the program type has one.</summary>
    public BpfAttachType? ExpectedAttachType { get; set; }

    /// <summary>Where to attach, as the section name says it unless set otherwise.</summary>
    public BpfAttachPoint AttachPoint { get; set; }

    /// <summary>Flags of the load.</summary>
    public BpfProgramFlags Flags { get; set; }

    /// <summary>
    /// The number of the network device that the program is bound to, 0 for none: with <see cref="BpfProgramFlags.XdpDevBoundOnly"/> one whose packets it asks
    /// about (<c>bpf_xdp_metadata_…</c>), without one that runs it itself.
    /// </summary>
    public uint InterfaceIndex { get; set; }

    /// <summary>Whether the program is loaded with the object. Programs of sections that begin with <c>?</c> are not, unless asked.</summary>
    public bool IsAutoLoaded { get; set; }

    /// <summary>Whether the program is attached when the whole object is.</summary>
    public bool IsAutoAttached { get; set; } = true;

    /// <summary>
    /// The type of a record that an iterator writes (<c>bpf_seq_write</c>) in the object's BTF, or 0. The source declares it as it does the records of a buffer
    /// (<see cref="BpfMapSpec.BtfRecordTypeId"/>): beside the program <c>walk</c>, for example, <c>struct process *walk_record;</c>.
    /// </summary>
    public uint BtfRecordTypeId { get; internal set; }

    /// <summary>The object's BTF; <see langword="null"/> if it has none.</summary>
    internal BtfSpec? Btf { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({SectionName})";
}
