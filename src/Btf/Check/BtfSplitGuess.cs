namespace P3Ebpf.Btf;

/// <summary>What a split BTF shows of the base that it continues.</summary>
/// <param name="TypeCount">The types of the base, <c>void</c> counted (<see cref="BtfSpec.TypeCount"/>); <see langword="null"/> where the references leave it open.</param>
/// <param name="StringLength">Bytes of the base's strings; <see langword="null"/> where the names leave it open.</param>
/// <param name="Fits">Of the candidates that were given, the one that fits.</param>
public sealed record BtfSplitGuess(uint? TypeCount, uint? StringLength, BtfSpec? Fits);
