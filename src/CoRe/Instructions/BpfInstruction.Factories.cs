using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <content>One factory for each form of instruction, so that programs can be written down without numbers.</content>
public partial record struct BpfInstruction
{
    /// <summary>dst = src.</summary>
    public static BpfInstruction Mov(BpfRegister destination, BpfRegister source) => Alu(BpfAluOperation.Mov, destination, source);

    /// <summary>dst = value, sign-extended to 64 bits.</summary>
    public static BpfInstruction MovImmediate(BpfRegister destination, int value) => AluImmediate(BpfAluOperation.Mov, destination, value);

    /// <summary>The lower half of dst = that of src; the upper half becomes 0.</summary>
    public static BpfInstruction Mov32(BpfRegister destination, BpfRegister source) => Alu32(BpfAluOperation.Mov, destination, source);

    /// <summary>The lower half of dst = value; the upper half becomes 0.</summary>
    public static BpfInstruction MovImmediate32(BpfRegister destination, int value) => AluImmediate32(BpfAluOperation.Mov, destination, value);

    /// <summary>dst = the lower bits of src, sign-extended to 64 bits. Since Linux 6.6.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="source">The source.</param>
    /// <param name="bits">8, 16 or 32.</param>
    public static BpfInstruction MovSignExtended(BpfRegister destination, BpfRegister source, int bits) =>
        Mov(destination, source) with { Offset = (short)bits };

    /// <summary>dst += value.</summary>
    public static BpfInstruction AddImmediate(BpfRegister destination, int value) => AluImmediate(BpfAluOperation.Add, destination, value);

    /// <summary>Arithmetic of 64 bits between registers.</summary>
    public static BpfInstruction Alu(BpfAluOperation operation, BpfRegister destination, BpfRegister source) =>
        new() { Code = CodeOf(BpfInstructionClass.Alu64, (byte)operation, SourceFlag), DestinationRegister = destination, SourceRegister = source };

    /// <summary>Arithmetic of 64 bits with a number, sign-extended.</summary>
    public static BpfInstruction AluImmediate(BpfAluOperation operation, BpfRegister destination, int value) =>
        new() { Code = CodeOf(BpfInstructionClass.Alu64, (byte)operation), DestinationRegister = destination, Immediate = value };

    /// <summary>Arithmetic of 32 bits between registers; the upper half becomes 0.</summary>
    public static BpfInstruction Alu32(BpfAluOperation operation, BpfRegister destination, BpfRegister source) =>
        new() { Code = CodeOf(BpfInstructionClass.Alu, (byte)operation, SourceFlag), DestinationRegister = destination, SourceRegister = source };

    /// <summary>Arithmetic of 32 bits with a number; the upper half becomes 0.</summary>
    public static BpfInstruction AluImmediate32(BpfAluOperation operation, BpfRegister destination, int value) =>
        new() { Code = CodeOf(BpfInstructionClass.Alu, (byte)operation), DestinationRegister = destination, Immediate = value };

    /// <summary>dst = the lower bits of dst with their bytes reversed. Since Linux 6.6.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="bits">16, 32 or 64.</param>
    public static BpfInstruction ByteSwap(BpfRegister destination, int bits) => AluImmediate(BpfAluOperation.End, destination, bits);

    /// <summary>dst = the lower bits of dst, from this machine's byte order to little endian.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="bits">16, 32 or 64.</param>
    public static BpfInstruction ToLittleEndian(BpfRegister destination, int bits) => AluImmediate32(BpfAluOperation.End, destination, bits);

    /// <summary>dst = the lower bits of dst, from this machine's byte order to big endian.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="bits">16, 32 or 64.</param>
    public static BpfInstruction ToBigEndian(BpfRegister destination, int bits) =>
        new() { Code = CodeOf(BpfInstructionClass.Alu, (byte)BpfAluOperation.End, SourceFlag), DestinationRegister = destination, Immediate = bits };

    /// <summary>dst = *(size *)(src + offset), zero-extended.</summary>
    public static BpfInstruction LoadMemory(BpfAccessSize size, BpfRegister destination, BpfRegister source, short offset) => new()
    {
        Code = CodeOf(BpfInstructionClass.Ldx, (byte)BpfAccessMode.Mem, (byte)size),
        DestinationRegister = destination,
        SourceRegister = source,
        Offset = offset,
    };

    /// <summary>dst = *(size *)(src + offset), sign-extended; not for double words. Since Linux 6.6.</summary>
    public static BpfInstruction LoadMemorySignExtended(BpfAccessSize size, BpfRegister destination, BpfRegister source, short offset) =>
        LoadMemory(size, destination, source, offset) with { Code = CodeOf(BpfInstructionClass.Ldx, (byte)BpfAccessMode.MemSx, (byte)size) };

    /// <summary>*(size *)(dst + offset) = src.</summary>
    public static BpfInstruction StoreMemory(BpfAccessSize size, BpfRegister destination, short offset, BpfRegister source) => new()
    {
        Code = CodeOf(BpfInstructionClass.Stx, (byte)BpfAccessMode.Mem, (byte)size),
        DestinationRegister = destination,
        SourceRegister = source,
        Offset = offset,
    };

    /// <summary>*(size *)(dst + offset) = value, sign-extended.</summary>
    public static BpfInstruction StoreImmediate(BpfAccessSize size, BpfRegister destination, short offset, int value) => new()
    {
        Code = CodeOf(BpfInstructionClass.St, (byte)BpfAccessMode.Mem, (byte)size),
        DestinationRegister = destination,
        Offset = offset,
        Immediate = value,
    };

    /// <summary>An atomic operation on *(size *)(dst + offset); a load that acquires reads *(size *)(src + offset).</summary>
    /// <param name="operation">What to do.</param>
    /// <param name="size">Words and double words; bytes and half words can only be loaded and stored.</param>
    /// <param name="destination">The register that points to the memory; of a load, the one that takes the value.</param>
    /// <param name="offset">Bytes from there.</param>
    /// <param name="source">The operand; of a load, the register that points to the memory.</param>
    public static BpfInstruction Atomic(BpfAtomicOperation operation, BpfAccessSize size, BpfRegister destination, short offset, BpfRegister source) => new()
    {
        Code = CodeOf(BpfInstructionClass.Stx, (byte)BpfAccessMode.Atomic, (byte)size),
        DestinationRegister = destination,
        SourceRegister = source,
        Offset = offset,
        Immediate = (int)operation,
    };

    /// <summary>r0 = packet data at an offset. The context must be in r6.</summary>
    public static BpfInstruction LoadPacket(BpfAccessSize size, int offset) =>
        new() { Code = CodeOf(BpfInstructionClass.Ld, (byte)BpfAccessMode.Abs, (byte)size), Immediate = offset };

    /// <summary>r0 = packet data at src + offset. The context must be in r6.</summary>
    public static BpfInstruction LoadPacketIndirect(BpfAccessSize size, BpfRegister source, int offset) =>
        new() { Code = CodeOf(BpfInstructionClass.Ld, (byte)BpfAccessMode.Ind, (byte)size), SourceRegister = source, Immediate = offset };

    /// <summary>dst = a number of 64 bits.</summary>
    /// <returns>Two slots, as for all 64-bit loads.</returns>
    public static BpfInstruction[] Load64(BpfRegister destination, ulong value) =>
        Load64(destination, BpfLoadKind.Immediate, unchecked((int)value), unchecked((int)(value >> 32)));

    /// <summary>dst = a map.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="descriptor">The map's descriptor.</param>
    public static BpfInstruction[] LoadMapFd(BpfRegister destination, int descriptor) => Load64(destination, BpfLoadKind.MapFd, descriptor, 0);

    /// <summary>dst = the address of a place in the first value of an array map.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="descriptor">The map's descriptor.</param>
    /// <param name="offset">Bytes from the start of the value.</param>
    public static BpfInstruction[] LoadMapValue(BpfRegister destination, int descriptor, int offset) =>
        Load64(destination, BpfLoadKind.MapValue, descriptor, offset);

    /// <summary>dst = the address of a variable of the kernel.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="variable">The id of its VAR.</param>
    /// <param name="btfDescriptor">The descriptor of the BTF of the module that has it; 0 for vmlinux.</param>
    public static BpfInstruction[] LoadKernelVariable(BpfRegister destination, BtfTypeId variable, int btfDescriptor = 0) =>
        Load64(destination, BpfLoadKind.BtfId, unchecked((int)variable.Value), btfDescriptor);

    /// <summary>dst = the address of a function of the program, for helpers that call back.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="distance">Slots from the one after this load's first.</param>
    public static BpfInstruction[] LoadFunction(BpfRegister destination, int distance) => Load64(destination, BpfLoadKind.Function, distance, 0);

    /// <summary>A 64-bit load of any kind.</summary>
    /// <param name="destination">The register.</param>
    /// <param name="kind">What the halves mean.</param>
    /// <param name="low">The immediate of the first slot.</param>
    /// <param name="high">The immediate of the second slot.</param>
    public static BpfInstruction[] Load64(BpfRegister destination, BpfLoadKind kind, int low, int high) =>
        [new() { Code = LoadImmediate64Code, DestinationRegister = destination, LoadKind = kind, Immediate = low }, new() { Immediate = high }];

    /// <summary>r0 = what a helper returns.</summary>
    public static BpfInstruction Call(BpfHelper helper) => new() { Code = CallCode, Immediate = (int)helper };

    /// <summary>r0 = what a function of the kernel returns.</summary>
    /// <param name="function">The id of its FUNC.</param>
    /// <param name="btfIndex">Where the array of descriptors given at load has the BTF of its module; 0 for vmlinux.</param>
    public static BpfInstruction CallKernelFunction(BtfTypeId function, short btfIndex = 0) =>
        new() { Code = CallCode, CallKind = BpfCallKind.KernelFunction, Offset = btfIndex, Immediate = unchecked((int)function.Value) };

    /// <summary>r0 = what a function of the program returns.</summary>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction CallSubprogram(int distance) => new() { Code = CallCode, CallKind = BpfCallKind.Subprogram, Immediate = distance };

    /// <summary>Goes on elsewhere.</summary>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction Jump(short distance) => new() { Code = CodeOf(BpfInstructionClass.Jmp, (byte)BpfJumpOperation.Ja), Offset = distance };

    /// <summary>Goes on farther away. Since Linux 6.6.</summary>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction JumpFar(int distance) => new() { Code = CodeOf(BpfInstructionClass.Jmp32, (byte)BpfJumpOperation.Ja), Immediate = distance };

    /// <summary>Goes on elsewhere when the kernel has seen enough of a loop. Since Linux 6.9.</summary>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction MayJump(short distance) => new() { Code = CodeOf(BpfInstructionClass.Jmp, (byte)BpfJumpOperation.Jcond), Offset = distance };

    /// <summary>Goes on elsewhere if 64 bits of two registers compare so.</summary>
    /// <param name="operation">The comparison.</param>
    /// <param name="left">The left side.</param>
    /// <param name="right">The right side.</param>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction JumpIf(BpfJumpOperation operation, BpfRegister left, BpfRegister right, short distance) =>
        new() { Code = CodeOf(BpfInstructionClass.Jmp, (byte)operation, SourceFlag), DestinationRegister = left, SourceRegister = right, Offset = distance };

    /// <summary>Goes on elsewhere if 64 bits of a register compare so with a number, sign-extended.</summary>
    /// <param name="operation">The comparison.</param>
    /// <param name="left">The left side.</param>
    /// <param name="value">The right side.</param>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction JumpIfImmediate(BpfJumpOperation operation, BpfRegister left, int value, short distance) =>
        new() { Code = CodeOf(BpfInstructionClass.Jmp, (byte)operation), DestinationRegister = left, Immediate = value, Offset = distance };

    /// <summary>Goes on elsewhere if the lower halves of two registers compare so.</summary>
    /// <param name="operation">The comparison.</param>
    /// <param name="left">The left side.</param>
    /// <param name="right">The right side.</param>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction JumpIf32(BpfJumpOperation operation, BpfRegister left, BpfRegister right, short distance) =>
        new() { Code = CodeOf(BpfInstructionClass.Jmp32, (byte)operation, SourceFlag), DestinationRegister = left, SourceRegister = right, Offset = distance };

    /// <summary>Goes on elsewhere if the lower half of a register compares so with a number.</summary>
    /// <param name="operation">The comparison.</param>
    /// <param name="left">The left side.</param>
    /// <param name="value">The right side.</param>
    /// <param name="distance">Slots from the next one.</param>
    public static BpfInstruction JumpIfImmediate32(BpfJumpOperation operation, BpfRegister left, int value, short distance) =>
        new() { Code = CodeOf(BpfInstructionClass.Jmp32, (byte)operation), DestinationRegister = left, Immediate = value, Offset = distance };

    /// <summary>Returns r0.</summary>
    public static BpfInstruction Exit() => new() { Code = ExitCode };

    private static byte CodeOf(BpfInstructionClass instructionClass, byte high, byte middle = 0) => (byte)(high | middle | (byte)instructionClass);
}
