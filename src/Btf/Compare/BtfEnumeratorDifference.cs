namespace P3Ebpf.Btf;

/// <summary>A value of an enumeration that differs between two BTFs.</summary>
/// <param name="Old">As it was; <see langword="null"/> where it was added.</param>
/// <param name="New">As it is; <see langword="null"/> where it was removed.</param>
public sealed record BtfEnumeratorDifference(BtfEnumerator? Old, BtfEnumerator? New);
