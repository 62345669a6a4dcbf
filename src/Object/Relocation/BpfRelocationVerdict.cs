namespace P3Ebpf.Object.Relocation;

/// <summary>Whether an object will run on a target, as far as its CO-RE relocations decide that.</summary>
public enum BpfRelocationVerdict
{
    /// <summary>The target has all that the object asks for.</summary>
    Runs,

    /// <summary>The target lacks something, and no program that is loaded automatically reaches it.</summary>
    RunsWithoutMissing,

    /// <summary>A program reaches what the target lacks, unless the kernel's version or configuration (<c>.kconfig</c>) keeps it from that, which only a load knows.</summary>
    DependsOnConfiguration,

    /// <summary>A program reaches what the target lacks: the verifier will reject it.</summary>
    ReachesMissing,

    /// <summary>A relocation has no answer; the object cannot be loaded.</summary>
    Fails,
}
