namespace P3Ebpf.CoRe;

/// <summary>What became of a relocation.</summary>
public enum CoreRelocationOutcome
{
    /// <summary>The instruction holds the target's value.</summary>
    Applied,

    /// <summary>The target has nothing that fits, and the relocation asked just that: the instruction holds 0.</summary>
    Absent,

    /// <summary>The instruction was replaced by an invalid one: the program loads only if the verifier finds that it is never reached.</summary>
    Poisoned,

    /// <summary>The object cannot be loaded. The instruction is unchanged.</summary>
    Failed,
}
