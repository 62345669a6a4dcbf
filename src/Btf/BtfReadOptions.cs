namespace P3Ebpf.Btf;

/// <summary>How to read a BTF.</summary>
public sealed class BtfReadOptions
{
    /// <summary>
    /// The BTF whose ids and strings the data continues (split BTF), or <see langword="null"/> where the data stands alone.
    /// Bases may be split themselves. It must be the very one against which the data was made: nothing in the format proves it.
    /// </summary>
    public BtfSpec? Base { get; init; }

    /// <summary>
    /// Bytes of a pointer, 4 or 8, where the caller knows it (from an ELF class; 8 for BPF objects); otherwise it is derived from
    /// the size of <c>long</c>.
    /// </summary>
    public int? PointerSize { get; init; }

    /// <summary>What to call the data in error messages, for example its path.</summary>
    public string? Source { get; init; }
}
