namespace P3Ebpf.CoRe;

/// <summary>A register. An instruction has 4 bits for one; numbers above 10 appear in no valid program.</summary>
public enum BpfRegister : byte
{
    /// <summary>What functions and programs return.</summary>
    R0,

    /// <summary>The first argument; of a program, its context.</summary>
    R1,

    /// <summary>The second argument.</summary>
    R2,

    /// <summary>The third argument.</summary>
    R3,

    /// <summary>The fourth argument.</summary>
    R4,

    /// <summary>The fifth argument. Calls destroy the registers up to here.</summary>
    R5,

    /// <summary>Kept across calls.</summary>
    R6,

    /// <summary>Kept across calls.</summary>
    R7,

    /// <summary>Kept across calls.</summary>
    R8,

    /// <summary>Kept across calls.</summary>
    R9,

    /// <summary>The end of the stack frame; read-only.</summary>
    R10,
}

/// <summary>What the immediate of a 64-bit load means: its source register (BPF_PSEUDO_* of include/uapi/linux/bpf.h).</summary>
public enum BpfLoadKind : byte
{
    /// <summary>A number.</summary>
    Immediate = 0,

    /// <summary>A map, by descriptor (BPF_PSEUDO_MAP_FD).</summary>
    MapFd = 1,

    /// <summary>A place in a map's first value, by descriptor and offset (BPF_PSEUDO_MAP_VALUE).</summary>
    MapValue = 2,

    /// <summary>A variable of the kernel, by type id and the descriptor of its BTF (BPF_PSEUDO_BTF_ID).</summary>
    BtfId = 3,

    /// <summary>A function of the program, by slots from the next one (BPF_PSEUDO_FUNC).</summary>
    Function = 4,

    /// <summary>A map, by index into the array of descriptors given at load (BPF_PSEUDO_MAP_IDX).</summary>
    MapIndex = 5,

    /// <summary>A place in a map's first value, by such an index and offset (BPF_PSEUDO_MAP_IDX_VALUE).</summary>
    MapIndexValue = 6,
}

/// <summary>What a call calls: its source register (BPF_PSEUDO_* of include/uapi/linux/bpf.h).</summary>
public enum BpfCallKind : byte
{
    /// <summary>A helper, by number.</summary>
    Helper = 0,

    /// <summary>A function of the program, by slots from the next one (BPF_PSEUDO_CALL).</summary>
    Subprogram = 1,

    /// <summary>A function of the kernel, by type id (BPF_PSEUDO_KFUNC_CALL).</summary>
    KernelFunction = 2,
}
