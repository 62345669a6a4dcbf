namespace P3Ebpf.Doctor;

/// <summary>What an examination found out.</summary>
/// <param name="Findings">The findings, weightiest first.</param>
/// <param name="Answer">
/// The conclusion in sentences: what to do first, whether the BTF matches the object, whether another BTF or none is needed, and
/// whether the libbpf that is installed is the one that runs.
/// </param>
/// <param name="Facts">What was read of the system, in the order in which to show it: a name and a value.</param>
public sealed record DoctorReport(IReadOnlyList<DoctorFinding> Findings, string Answer, IReadOnlyList<KeyValuePair<string, string>> Facts)
{
    /// <summary>Whether a likely cause was found or, where no log shows that anything failed, nothing is wrong; if not, the log does not tell why it failed.</summary>
    public bool IsConclusive { get; init; }
}

/// <summary>One thing that was found.</summary>
/// <param name="Code">What: one of <see cref="DoctorFindingCodes"/> or <see cref="Btf.BtfFindingCodes"/>. Stable; scripts may depend on it.</param>
/// <param name="Weight">
/// How much it explains, 0 to 100: from 90 the cause, by what was given; from 60 a likely cause, or what will fail next; from 30 worth knowing;
/// below, what is in order.
/// </param>
/// <param name="Summary">One or two sentences.</param>
/// <param name="Evidence">What was seen, each in a phrase.</param>
/// <param name="Action">What settles or fixes it, with the command where there is one; <see langword="null"/> where nothing is to be done.</param>
public sealed record DoctorFinding(string Code, int Weight, string Summary, IReadOnlyList<string> Evidence, string? Action = null);
