namespace P3Ebpf.CoRe;

/// <summary>Why a relocation failed: the error number that libbpf would return, without its sign.</summary>
public enum CoreErrorCode
{
    /// <summary>It did not fail.</summary>
    None = 0,

    /// <summary>The target's types nest too deeply, or a bitfield fits into no load.</summary>
    E2big = 7,

    /// <summary>The record, the instruction or the types do not go together, or candidates contradict each other.</summary>
    Einval = 22,

    /// <summary>An offset does not fit into the instruction.</summary>
    Erange = 34,
}
