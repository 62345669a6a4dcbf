namespace P3Ebpf.Doctor.Examinations;

/// <summary>A libbpf that the loader uses.</summary>
/// <param name="Image">The library.</param>
/// <param name="Who">For whom: <c>you</c>, <c>root (sudo)</c>.</param>
/// <param name="Through">How the loader comes to it.</param>
internal sealed record LibbpfUse(LibbpfImage Image, string Who, string Through);
