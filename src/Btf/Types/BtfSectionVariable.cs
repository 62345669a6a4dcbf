namespace P3Ebpf.Btf;

/// <summary>The place of a variable in its section.</summary>
/// <param name="TypeId">The variable (BTF_KIND_VAR), or a function in <c>.ksyms</c>.</param>
/// <param name="Offset">Bytes from the start of the section.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct BtfSectionVariable(BtfTypeId TypeId, uint Offset, uint Size);
