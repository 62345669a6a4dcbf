namespace P3Ebpf.Btf;

/// <summary>A CO-RE relocation as stored (<c>struct bpf_core_relo</c>): 16 bytes.</summary>
/// <param name="InstructionOffset">Bytes from the start of the ELF section to the instruction.</param>
/// <param name="TypeId">The root type, in the object's BTF.</param>
/// <param name="AccessStringOffset">Where the access string, such as <c>0:1:2</c>, stands in the object's strings.</param>
/// <param name="Kind">What is asked.</param>
public readonly record struct CoreRelocationRecord(uint InstructionOffset, uint TypeId, uint AccessStringOffset, CoreRelocationKind Kind);
