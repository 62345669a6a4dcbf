namespace P3Ebpf.Doctor.Examinations;

/// <summary>The loader, as examined.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Uses">The libbpf that it uses, for each who may start it.</param>
internal sealed record LoaderSubject(string Name, IReadOnlyList<LibbpfUse> Uses)
{
    /// <summary>The one that counts: loading BPF takes root, so what root gets comes last and decides.</summary>
    public LibbpfUse? Effective => Uses.Count == 0 ? null : Uses[^1];
}
