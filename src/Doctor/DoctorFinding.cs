namespace P3Ebpf.Doctor;

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
