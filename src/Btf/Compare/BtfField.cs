namespace P3Ebpf.Btf;

/// <summary>A field of a struct or union, seen through anonymous members.</summary>
/// <param name="Path">Its name; for a field of an unnamed type below, <c>outer.inner</c>, or <c>outer[].inner</c> in an array.</param>
/// <param name="BitOffset">Bits from the start of the struct; of a path with several names, from the start of the one before the last.</param>
/// <param name="BitSize">Bits; 0 where the type has no size.</param>
/// <param name="Type">The type as C writes it.</param>
public sealed record BtfField(string Path, uint BitOffset, ulong BitSize, string Type);
