namespace P3Ebpf.Btf;

/// <summary>The type of the function that starts at an instruction (<c>struct bpf_func_info</c>): 8 bytes.</summary>
/// <param name="InstructionOffset">Bytes from the start of the ELF section; the kernel counts instructions instead.</param>
/// <param name="TypeId">The function, in the object's BTF.</param>
public readonly record struct BtfFuncInfo(uint InstructionOffset, uint TypeId);
