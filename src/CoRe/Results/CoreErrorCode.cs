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

/// <summary>Ends a relocation that libbpf would refuse; never leaves <see cref="CoreRelocator"/>.</summary>
internal sealed class CoreFailedException(CoreErrorCode code, string message) : Exception(message)
{
    public CoreErrorCode Code { get; } = code;
}
