namespace P3Ebpf.CoRe;

/// <summary>Writes the value of a relocation into its instruction (libbpf: <c>bpf_core_patch_insn</c>).</summary>
internal static class CorePatcher
{
    /// <summary>Patches or poisons <c>instructions[index]</c>.</summary>
    /// <returns>Whether the instruction now holds the value; if not, it is poisoned.</returns>
    /// <exception cref="CoreFailedException">The instruction cannot take the value; it is unchanged.</exception>
    public static bool Patch(Span<BpfInstruction> instructions, int index, in CoreDecision decision)
    {
        ref BpfInstruction instruction = ref instructions[index];
        if (decision.New is not { } value)
        {
            Poison(instructions, index);
            return false;
        }

        switch (instruction.Class)
        {
            case BpfInstructionClass.Alu or BpfInstructionClass.Alu64:
                if (instruction.UsesSourceRegister)
                    throw Refused($"instruction {index} takes its operand from a register, not from an immediate");
                Validate(decision.Original, unchecked((ulong)instruction.Immediate), index);
                instruction.Immediate = unchecked((int)value.Value);
                return true;
            case BpfInstructionClass.Ldx or BpfInstructionClass.St or BpfInstructionClass.Stx:
                return PatchAccess(instructions, index, decision, value);
            case BpfInstructionClass.Ld:
                PatchLoadImmediate(instructions, index, decision.Original, value.Value);
                return true;
            default:
                throw Refused($"instruction {index} ({instruction}) has no operand that a relocation could replace");
        }
    }

    private static bool PatchAccess(Span<BpfInstruction> instructions, int index, in CoreDecision decision, in CoreValue value)
    {
        ref BpfInstruction instruction = ref instructions[index];
        Validate(decision.Original, unchecked((ulong)instruction.Offset), index);
        if (value.Value > (ulong)short.MaxValue)
        {
            throw new CoreFailedException(
                CoreErrorCode.Erange, $"the value {value.Value} does not fit into the 16-bit offset of instruction {index}; the largest is {short.MaxValue}");
        }

        if (decision.IsAccessUnsafe)
        {
            Poison(instructions, index);
            return false;
        }

        byte code = instruction.Code;
        if (value.AccessSize != decision.Original.AccessSize)
        {
            if (Bytes(instruction.Size) != decision.Original.AccessSize)
                throw Refused($"instruction {index} accesses {Bytes(instruction.Size)} bytes of a field of {decision.Original.AccessSize}");
            code = (byte)((byte)instruction.Mode | (byte)SizeOf(value.AccessSize, index) | (byte)instruction.Class);
        }

        instruction.Offset = (short)value.Value;
        instruction.Code = code;
        return true;
    }

    private static void PatchLoadImmediate(Span<BpfInstruction> instructions, int index, in CoreValue original, ulong value)
    {
        ref BpfInstruction low = ref instructions[index];
        if (!low.IsLoadImmediate64 || low.LoadKind != BpfLoadKind.Immediate || low.Offset != 0 || index + 1 >= instructions.Length)
            throw Refused($"instruction {index} ({low}) is no plain 64-bit load");
        ref BpfInstruction high = ref instructions[index + 1];
        if (high != new BpfInstruction { Immediate = high.Immediate })
            throw Refused($"the second half of the 64-bit load at instruction {index} ({high}) is malformed");

        Validate(original, unchecked((uint)low.Immediate | ((ulong)high.Immediate << 32)), index);
        low.Immediate = unchecked((int)value);
        high.Immediate = unchecked((int)(value >> 32));
    }

    private static void Poison(Span<BpfInstruction> instructions, int index)
    {
        if (instructions[index].IsLoadImmediate64 && index + 1 < instructions.Length)
            instructions[index + 1] = CorePoison.Instruction;
        instructions[index] = CorePoison.Instruction;
    }

    private static void Validate(in CoreValue original, ulong found, int index)
    {
        if (original.Validate && found != original.Value)
        {
            if (original.Value >> 31 == 0x1_FFFF_FFFF && found == unchecked((uint)original.Value))
            {
                throw Refused(
                    $"instruction {index} holds {found}, an unsigned enumerator of 32 bits above {int.MaxValue}, which the object's types and CO-RE (libbpf's, too) read as {unchecked((long)original.Value)}: use the constant itself, or make the enum 64 bits wide by a larger value in it");
            }

            throw Refused(
                $"instruction {index} holds {unchecked((long)found)} where the object's own types give {unchecked((long)original.Value)}: instructions and BTF do not belong together");
        }
    }

    private static uint Bytes(BpfAccessSize size) => size switch
    {
        BpfAccessSize.Byte => 1,
        BpfAccessSize.HalfWord => 2,
        BpfAccessSize.Word => 4,
        _ => 8,
    };

    private static BpfAccessSize SizeOf(uint bytes, int index) => bytes switch
    {
        1 => BpfAccessSize.Byte,
        2 => BpfAccessSize.HalfWord,
        4 => BpfAccessSize.Word,
        8 => BpfAccessSize.DoubleWord,
        _ => throw Refused($"instruction {index} would have to access {bytes} bytes; possible are 1, 2, 4 and 8"),
    };

    private static CoreFailedException Refused(string problem) => new(CoreErrorCode.Einval, problem);
}

/// <summary>
/// What stands in for an instruction whose relocation found nothing: legal as long as it is never reached (libbpf: <c>bpf_core_poison_insn</c>).
/// </summary>
public static class CorePoison
{
    /// <summary>The number of the helper that a poisoned instruction calls; there is none with it (0xBAD2310).</summary>
    public const int HelperId = 195896080;

    /// <summary>What the verifier's log says when it reaches a poisoned instruction.</summary>
    public const string VerifierMessage = "invalid func unknown#195896080";

    /// <summary>A poisoned instruction: a call of the helper that does not exist.</summary>
    public static BpfInstruction Instruction => BpfInstruction.Call((BpfHelper)HelperId);
}
