using P3Ebpf.CoRe;

namespace P3Ebpf.Loader.Diagnosis;

/// <summary>
/// Which instructions of a function can be reached, as far as constants decide. That is how the verifier comes to overlook what a CO-RE guard
/// rules out: the guard's answer is a constant, and so is the way that the branch on it takes.
/// </summary>
internal static class ReachableInstructions
{
    private const int Registers = 11;
    private const int CallerSaved = 6;
    private const byte OperationMask = 0xF0;

    /// <summary>Follows all ways through a function.</summary>
    /// <returns>For each slot whether it can be reached.</returns>
    public static bool[] Of(BpfInstruction[] code)
    {
        var before = new long?[]?[code.Length];
        var pending = new Queue<int>();
        Reach(0, new long?[Registers]);
        while (pending.TryDequeue(out int at))
        {
            var after = (long?[])before[at]!.Clone();
            foreach (int next in Step(code, at, after))
                Reach(next, after);
        }

        return Array.ConvertAll(before, state => state is not null);

        void Reach(int at, long?[] state)
        {
            if ((uint)at >= (uint)code.Length)
                return;
            if (before[at] is not { } known)
            {
                before[at] = (long?[])state.Clone();
                pending.Enqueue(at);
                return;
            }

            // A register that is not the same on every way here is unknown; that can happen to each but once.
            bool hasChanged = false;
            for (int register = 0; register < Registers; register++)
            {
                if (known[register] is null || known[register] == state[register])
                    continue;
                known[register] = null;
                hasChanged = true;
            }

            if (hasChanged)
                pending.Enqueue(at);
        }
    }

    /// <summary>Applies an instruction to the registers, and says where it leads.</summary>
    private static int[] Step(BpfInstruction[] code, int at, long?[] registers)
    {
        BpfInstruction instruction = code[at];
        int destination = Math.Min((int)instruction.DestinationRegister, Registers - 1);
        switch (instruction.Class)
        {
            case BpfInstructionClass.Alu or BpfInstructionClass.Alu64:
                registers[destination] = Compute(instruction, registers);
                return [at + 1];
            case BpfInstructionClass.Ldx:
                registers[destination] = null;
                return [at + 1];
            case BpfInstructionClass.Ld:
                registers[instruction.IsLoadImmediate64 ? destination : 0] = instruction.IsLoadImmediate64 && instruction.SourceRegister == 0 && at + 1 < code.Length
                    ? ((long)code[at + 1].Immediate << 32) | (uint)instruction.Immediate
                    : null;
                return [at + (instruction.IsLoadImmediate64 ? 2 : 1)];
            case BpfInstructionClass.Jmp or BpfInstructionClass.Jmp32:
                return Jump(instruction, at, registers, destination);
            default:
                return [at + 1];
        }
    }

    private static long? Compute(BpfInstruction instruction, long?[] registers)
    {
        const byte Move = 0xB0, And = 0x50, LeftShift = 0x60, RightShift = 0x70;
        long? operand = instruction.UsesSourceRegister ? registers[Math.Min((int)instruction.SourceRegister, Registers - 1)] : instruction.Immediate;
        long? old = registers[Math.Min((int)instruction.DestinationRegister, Registers - 1)];
        long? result = ((byte)(instruction.Code & OperationMask), operand, old, instruction.Offset) switch
        {
            (Move, { } value, _, 0) => value,
            (And, { } mask, { } value, _) => value & mask,
            (LeftShift, { } count, { } value, _) => value << (int)count,
            (RightShift, { } count, { } value, _) => (long)((ulong)value >> (int)count),
            _ => null,
        };
        return instruction.Class == BpfInstructionClass.Alu ? (uint?)result : result;
    }

    private static int[] Jump(BpfInstruction instruction, int at, long?[] registers, int destination)
    {
        const byte Always = 0x00;
        if (instruction.IsExit)
            return [];
        if (instruction.IsCall)
        {
            Array.Clear(registers, 0, CallerSaved);
            return [at + 1];
        }

        byte operation = (byte)(instruction.Code & OperationMask);
        if (operation == Always)
            return [at + 1 + (instruction.Class == BpfInstructionClass.Jmp32 ? instruction.Immediate : instruction.Offset)];
        long? right = instruction.UsesSourceRegister ? registers[Math.Min((int)instruction.SourceRegister, Registers - 1)] : instruction.Immediate;
        int target = at + 1 + instruction.Offset;
        return IsTaken(operation, registers[destination], right) switch
        {
            true => [target],
            false => [at + 1],
            null => [at + 1, target],
        };
    }

    private static bool? IsTaken(byte operation, long? left, long? right) => (operation, left, right) switch
    {
        (0x10, { } a, { } b) => a == b,
        (0x50, { } a, { } b) => a != b,
        (0x20, { } a, { } b) => (ulong)a > (ulong)b,
        (0x30, { } a, { } b) => (ulong)a >= (ulong)b,
        (0xA0, { } a, { } b) => (ulong)a < (ulong)b,
        (0xB0, { } a, { } b) => (ulong)a <= (ulong)b,
        (0x40, { } a, { } b) => (a & b) != 0,
        _ => null,
    };
}
