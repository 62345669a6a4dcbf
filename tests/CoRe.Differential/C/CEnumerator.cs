namespace P3Ebpf.CoRe.Differential;

/// <param name="Name">A name that no other enumerator of the source has.</param>
/// <param name="Value">The value, as C writes it.</param>
internal sealed record CEnumerator(string Name, string Value);
