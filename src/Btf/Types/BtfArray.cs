namespace P3Ebpf.Btf;

/// <summary>The details of an array.</summary>
/// <param name="ElementTypeId">The type of an element.</param>
/// <param name="IndexTypeId">The type of the index.</param>
/// <param name="Length">How many elements; 0 for a flexible array.</param>
public readonly record struct BtfArray(BtfTypeId ElementTypeId, BtfTypeId IndexTypeId, uint Length);
