namespace P3Ebpf.Doctor.Examinations;

/// <summary>The BPF object, as examined.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Spec">What it holds; <see langword="null"/> where it cannot be read.</param>
/// <param name="Relocations">How many CO-RE relocations were tried; 0 where none were.</param>
/// <param name="Failing">How many of them fail or find nothing where something is needed.</param>
internal sealed record ObjectSubject(string Name, BpfObjectSpec? Spec, int Relocations, int Failing)
{
    /// <summary>Whether the object has no CO-RE relocations at all.</summary>
    public bool NeedsNoBtf => Spec is { HasCoreRelocations: false };
}
