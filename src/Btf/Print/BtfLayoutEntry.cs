namespace P3Ebpf.Btf;

/// <summary>A line of a <see cref="BtfStructLayout"/>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Depth">How many anonymous structs and unions it lies within.</param>
/// <param name="BitOffset">Bits from the start of the outermost struct.</param>
/// <param name="BitLength">Bits; of a cache line, those between its beginning and the entry that follows.</param>
/// <param name="Member">The member, where it is one; its own offset counts from the struct that declares it.</param>
public readonly record struct BtfLayoutEntry(BtfLayoutEntryKind Kind, int Depth, ulong BitOffset, ulong BitLength, BtfMember Member);
