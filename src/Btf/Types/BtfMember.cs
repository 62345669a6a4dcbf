namespace P3Ebpf.Btf;

/// <summary>A member of a struct or union.</summary>
/// <param name="Name">Its name; empty for an anonymous struct or union.</param>
/// <param name="TypeId">Its type.</param>
/// <param name="BitOffset">Bits from the start of the struct.</param>
/// <param name="BitfieldSize">Bits of a bitfield; 0 where the member is none.</param>
public readonly record struct BtfMember(BtfString Name, BtfTypeId TypeId, uint BitOffset, uint BitfieldSize);
