namespace P3Ebpf.Object.Sections;

/// <summary>What a name of the SEC() convention stands for.</summary>
/// <param name="Prefix">The name, or what stands before the slash and the target.</param>
/// <param name="ProgramType">The type of program.</param>
/// <param name="AttachType">The expected attach type; <see langword="null"/> where the program type needs none.</param>
/// <param name="Flags">What else the name asks for.</param>
/// <param name="AttachKind">How the program attaches by itself.</param>
public sealed record BpfSectionDefinition(
    string Prefix, BpfProgramType ProgramType, BpfAttachType? AttachType, BpfSectionFlags Flags, BpfAttachKind AttachKind)
{
    /// <summary>Whether a section name, without a leading <c>?</c>, is of this kind.</summary>
    public bool Matches(string sectionName) =>
        sectionName == Prefix
        || ((Flags & BpfSectionFlags.TakesTarget) != 0 && sectionName.Length > Prefix.Length && sectionName[Prefix.Length] == '/'
            && sectionName.StartsWith(Prefix, StringComparison.Ordinal));

    /// <summary>What follows the slash; empty where nothing does.</summary>
    public string TargetOf(string sectionName) => sectionName.Length > Prefix.Length ? sectionName[(Prefix.Length + 1)..] : string.Empty;
}

/// <summary>What a section name asks for besides program and attach type.</summary>
[Flags]
public enum BpfSectionFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A target may follow after a slash, as in <c>tracepoint/sched/sched_switch</c>.</summary>
    TakesTarget = 1,

    /// <summary>The expected attach type is left out on kernels that do not know that field.</summary>
    OptionalAttachType = 2,

    /// <summary>The program may sleep.</summary>
    Sleepable = 4,

    /// <summary>The XDP program copes with packets in several buffers.</summary>
    XdpFragments = 8,
}
