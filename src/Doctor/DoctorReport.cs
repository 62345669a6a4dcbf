namespace P3Ebpf.Doctor;

/// <summary>What an examination found out.</summary>
/// <param name="Findings">The findings, weightiest first.</param>
/// <param name="Answer">
/// The conclusion in sentences: what to do first, whether the BTF matches the object, whether another BTF or none is needed, and
/// whether the libbpf that is installed is the one that runs.
/// </param>
/// <param name="Facts">What was read of the system, in the order in which to show it: a name and a value.</param>
public sealed record DoctorReport(IReadOnlyList<DoctorFinding> Findings, string Answer, IReadOnlyList<KeyValuePair<string, string>> Facts);
