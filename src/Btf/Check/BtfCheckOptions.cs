namespace P3Ebpf.Btf;

/// <summary>What a check may know beside the data.</summary>
public sealed class BtfCheckOptions
{
    /// <summary>The BTF that the data continues; <see langword="null"/> where it stands alone or the base is not known.</summary>
    public BtfSpec? Base { get; init; }

    /// <summary>Where no <see cref="Base"/> is given and one is needed: BTFs to try.</summary>
    public IReadOnlyList<BtfSpec> CandidateBases { get; init; } = [];

    /// <summary>What to call the data in the verdict, for example its path.</summary>
    public string? Source { get; init; }
}
