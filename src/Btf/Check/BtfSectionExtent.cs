namespace P3Ebpf.Btf;

/// <summary>Where a section lies, as the header claims.</summary>
/// <param name="Name"><c>types</c>, <c>layout</c> or <c>strings</c>.</param>
/// <param name="Offset">Bytes from the start of the data.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct BtfSectionExtent(string Name, long Offset, long Length);
