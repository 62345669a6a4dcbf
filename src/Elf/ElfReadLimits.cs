namespace P3Ebpf.Elf;

/// <summary>How much memory reading a file may take, so that a hostile file cannot exhaust it.</summary>
public sealed class ElfReadLimits
{
    private const int Gigabyte = 1 << 30;
    private const int MaxArrayLength = 0x7fffffc7;

    /// <summary>The limits used where none are given: 1 GiB each.</summary>
    public static ElfReadLimits Default { get; } = new();

    /// <summary>The largest section, segment or table read in one piece, in bytes; 1 GiB unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or more than an array can have (0x7fffffc7).</exception>
    public int MaxSectionSize { get; init => field = Checked(value); } = Gigabyte;

    /// <summary>The largest size to which a compressed section may grow, in bytes; 1 GiB unless set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or more than an array can have (0x7fffffc7).</exception>
    public int MaxDecompressedSize { get; init => field = Checked(value); } = Gigabyte;

    private static int Checked(int value) =>
        value is >= 0 and <= MaxArrayLength ? value : throw new ArgumentOutOfRangeException(nameof(value), value,
            "A size limit is between 0 and 0x7fffffc7.");
}
