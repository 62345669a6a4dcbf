
namespace P3Ebpf.Doctor.Examinations;

/// <summary>The BTF that the loader relocates against, as examined.</summary>
internal sealed class BtfSubject
{
    /// <summary>What to call it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is the running kernel's own, because no other was given.</summary>
    public required bool IsDefault { get; init; }

    /// <summary>The types; <see langword="null"/> where they cannot be read.</summary>
    public BtfSpec? Spec { get; init; }

    /// <summary>The oldest libbpf that reads it; <see langword="null"/> where no released one does.</summary>
    public Version? OldestLibbpf { get; init; }

    /// <summary>Whether it is the running kernel's, byte for byte; <see langword="null"/> where there is nothing to compare with.</summary>
    public bool? IsRunningKernels { get; init; }

    /// <summary>What is wrong with it, where anything is.</summary>
    public DoctorFinding? Fault { get; init; }

    /// <summary>Whether some released libbpf reads it.</summary>
    public bool IsHealthy => Fault is null && OldestLibbpf is not null;
}
