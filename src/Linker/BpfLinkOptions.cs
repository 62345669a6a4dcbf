namespace P3Ebpf.Linker;

/// <summary>How to link.</summary>
public sealed class BpfLinkOptions
{
    /// <summary>
    /// The most bytes that the sections of the result may take; 256 MiB unless set, some hundred times the largest BPF objects there are.
    /// Sections of zeros (<c>.bss</c>) take none.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxSize { get; init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A size is not negative."); } = 1 << 28;
}
