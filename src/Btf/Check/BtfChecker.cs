namespace P3Ebpf.Btf;

/// <summary>
/// Looks at the bytes of a file that should hold BTF and tells all that is wrong, odd or noteworthy about it: what libbpf refuses,
/// what a kernel refuses, what damaged it, what it is instead, and who can read it.
/// </summary>
public static class BtfChecker
{
    /// <summary>Checks raw BTF. Takes any bytes, never throws for what they hold, and does not stop at the first fault.</summary>
    /// <param name="data">The bytes; they must not change meanwhile.</param>
    /// <param name="options">Base, candidates and name; may be left out.</param>
    /// <returns>
    /// The report. It has an error exactly where <see cref="BtfSpec.Parse"/> refuses the data with the same base. Time and memory
    /// are proportional to the length of the data; of each kind of finding, 100 are listed and the others counted.
    /// </returns>
    public static BtfCheckReport Check(ReadOnlyMemory<byte> data, BtfCheckOptions? options = null) =>
        new BtfInspection(data, options ?? new BtfCheckOptions(), undoes: true).Run();
}

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
