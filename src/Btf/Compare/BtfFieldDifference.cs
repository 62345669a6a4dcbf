namespace P3Ebpf.Btf;

/// <summary>A field that differs between two BTFs.</summary>
/// <param name="Changes">What became of it.</param>
/// <param name="Old">As it was; <see langword="null"/> where it was added.</param>
/// <param name="New">As it is; <see langword="null"/> where it was removed.</param>
public sealed record BtfFieldDifference(BtfFieldChanges Changes, BtfField? Old, BtfField? New);
