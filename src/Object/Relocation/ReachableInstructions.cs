using System.Buffers.Binary;

namespace P3Ebpf.Object.Relocation;

/// <summary>
/// Which instructions of a function can be reached, as far as constants decide. That is how the verifier comes to overlook what a CO-RE guard
/// rules out: the guard's answer is a constant, and so is the way that the branch on it takes. Constant variables (<c>.rodata</c>) count with
/// the values that they have now; what passes through the stack, and <c>.kconfig</c>, is unknown.
/// </summary>
internal sealed class ReachableInstructions
{
    private const int Registers = 11;
    private const int CallerSaved = 6;

    private readonly BpfInstruction[] _code;
    private readonly Dictionary<int, BpfRelocation> _variables;
    private readonly Dictionary<int, bool> _externs = [];
    private readonly int[] _jumpTargets;
    private readonly bool _littleEndian;
    private readonly Known?[]?[] _before;
    private readonly Queue<int> _pending = new();

    private ReachableInstructions(BpfRelocatedFunction function, bool littleEndian, Func<BpfExternSpec, bool?> exists)
    {
        _code = function.Instructions;
        _littleEndian = littleEndian;
        _before = new Known?[]?[_code.Length];
        _variables = function.Function.Relocations
            .Where(relocation => relocation is { Kind: BpfRelocationKind.Data, Map: { IsReadOnly: true, Name: not BpfObjectSections.KernelConfig } })
            .GroupBy(relocation => relocation.Instruction)
            .ToDictionary(group => group.Key, group => group.Last());
        foreach (BpfRelocation relocation in function.Function.Relocations)
        {
            if (relocation is { Kind: BpfRelocationKind.ExternLoad, Extern: { } item } && exists(item) is { } isThere)
                _externs[relocation.Instruction] = isThere;
        }
        _jumpTargets = [.. function.Function.Relocations.SelectMany(relocation => relocation.Targets ?? []).Distinct()];
    }

    /// <summary>Follows all ways through a function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="littleEndian">The byte order of the object.</param>
    /// <param name="exists">Whether the kernel has an extern; <see langword="null"/> where that is not known. The address of one that it has not is 0, of others it is not.</param>
    /// <returns>For each slot whether it can be reached.</returns>
    public static bool[] Of(BpfRelocatedFunction function, bool littleEndian, Func<BpfExternSpec, bool?> exists)
    {
        var search = new ReachableInstructions(function, littleEndian, exists);
        search.Run();
        return Array.ConvertAll(search._before, state => state is not null);
    }

    private void Run()
    {
        Reach(0, new Known?[Registers]);
        while (_pending.TryDequeue(out int at))
        {
            var after = (Known?[])_before[at]!.Clone();
            foreach (int next in Step(at, after))
                Reach(next, after);
        }
    }

    private void Reach(int at, Known?[] state)
    {
        if ((uint)at >= (uint)_code.Length)
            return;
        if (_before[at] is not { } known)
        {
            _before[at] = (Known?[])state.Clone();
            _pending.Enqueue(at);
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
            _pending.Enqueue(at);
    }

    /// <summary>Applies an instruction to the registers, and says where it leads.</summary>
    private int[] Step(int at, Known?[] registers)
    {
        BpfInstruction instruction = _code[at];
        int destination = Number(instruction.DestinationRegister);
        int source = Number(instruction.SourceRegister);
        switch (instruction.Class)
        {
            case BpfInstructionClass.Alu or BpfInstructionClass.Alu64:
                registers[destination] = Compute(instruction, registers[destination], OperandOf(instruction, registers));
                break;
            case BpfInstructionClass.Ldx:
                registers[destination] = Load(instruction, registers[source]);
                break;
            case BpfInstructionClass.Ld when instruction.IsLoadImmediate64:
                registers[destination] = LoadImmediate(at);
                return [at + 2];
            case BpfInstructionClass.Ld:
                registers[0] = null;
                break;
            case BpfInstructionClass.Stx when instruction.Mode == BpfAccessMode.Atomic:
                // An exchange returns the old value in its source, a comparing one in r0.
                registers[source] = null;
                registers[0] = null;
                break;
            case BpfInstructionClass.Jmp or BpfInstructionClass.Jmp32:
                return Jump(instruction, at, registers);
        }

        return [at + 1];
    }

    private Known? LoadImmediate(int at)
    {
        BpfInstruction first = _code[at];

        // An address is only ever compared with 0.
        if (_externs.TryGetValue(at, out bool isThere))
            return new Known(isThere ? 1 : 0);
        if (_variables.TryGetValue(at, out BpfRelocation? variable))
            return new Known(first.Immediate + variable.SymbolOffset, variable.Map);
        return first.LoadKind == BpfLoadKind.Immediate && at + 1 < _code.Length
            ? new Known(((long)_code[at + 1].Immediate << 32) | (uint)first.Immediate)
            : null;
    }

    /// <summary>The value of a constant variable.</summary>
    private Known? Load(BpfInstruction instruction, Known? address)
    {
        if (instruction.Mode != BpfAccessMode.Mem || address is not { Map: { } map } place)
            return null;
        ReadOnlySpan<byte> data = map.InitialValue.Span;
        int size = instruction.Size switch { BpfAccessSize.Byte => 1, BpfAccessSize.HalfWord => 2, BpfAccessSize.Word => 4, _ => 8 };
        long offset = place.Value + instruction.Offset;
        if (offset < 0 || offset > data.Length - size)
            return null;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        data.Slice((int)offset, size).CopyTo(_littleEndian ? bytes : bytes[^size..]);
        return new Known(_littleEndian ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : BinaryPrimitives.ReadInt64BigEndian(bytes));
    }

    private static Known? Compute(BpfInstruction instruction, Known? left, Known? right)
    {
        bool isWide = instruction.Class == BpfInstructionClass.Alu64;
        BpfAluOperation operation = instruction.AluOperation;

        // With an offset a division is signed, and a move extends the sign.
        if (instruction.Offset != 0)
            return null;
        if (operation == BpfAluOperation.Mov && isWide)
            return right;
        if (operation == BpfAluOperation.Add && isWide && left is { Map: not null } address && right is { Map: null } step)
            return address with { Value = address.Value + step.Value };

        long? a = NumberIn(left, isWide);
        long? b = NumberIn(right, isWide);
        int bits = isWide ? 63 : 31;
        long? result = (operation, a, b) switch
        {
            (BpfAluOperation.Mov, _, { } value) => value,
            (BpfAluOperation.And, 0, _) or (BpfAluOperation.And, _, 0) => 0,
            (BpfAluOperation.Add, { } x, { } y) => x + y,
            (BpfAluOperation.Sub, { } x, { } y) => x - y,
            (BpfAluOperation.Mul, { } x, { } y) => x * y,
            (BpfAluOperation.Or, { } x, { } y) => x | y,
            (BpfAluOperation.And, { } x, { } y) => x & y,
            (BpfAluOperation.Xor, { } x, { } y) => x ^ y,
            (BpfAluOperation.Lsh, { } x, { } y) => x << ((int)y & bits),
            (BpfAluOperation.Rsh, { } x, { } y) => (long)((ulong)x >> ((int)y & bits)),
            _ => null,
        };
        return result is { } number ? new Known(isWide ? number : (uint)number) : null;
    }

    private int[] Jump(BpfInstruction instruction, int at, Known?[] registers)
    {
        if (instruction.IsExit)
            return [];
        if (instruction.IsCall)
        {
            Array.Clear(registers, 0, CallerSaved);
            return [at + 1];
        }

        bool isWide = instruction.Class == BpfInstructionClass.Jmp;
        BpfJumpOperation operation = instruction.JumpOperation;
        if (operation == BpfJumpOperation.Ja && instruction.UsesSourceRegister)
            return _jumpTargets;
        if (operation == BpfJumpOperation.Ja)
            return [at + 1 + (isWide ? instruction.Offset : instruction.Immediate)];
        int target = at + 1 + instruction.Offset;
        return IsTaken(operation, NumberIn(registers[Number(instruction.DestinationRegister)], isWide), NumberIn(OperandOf(instruction, registers), isWide)) switch
        {
            true => [target],
            false => [at + 1],
            null => [at + 1, target],
        };
    }

    private static bool? IsTaken(BpfJumpOperation operation, long? left, long? right) => (operation, left, right) switch
    {
        (BpfJumpOperation.Jeq, { } a, { } b) => a == b,
        (BpfJumpOperation.Jne, { } a, { } b) => a != b,
        (BpfJumpOperation.Jgt, { } a, { } b) => (ulong)a > (ulong)b,
        (BpfJumpOperation.Jge, { } a, { } b) => (ulong)a >= (ulong)b,
        (BpfJumpOperation.Jlt, { } a, { } b) => (ulong)a < (ulong)b,
        (BpfJumpOperation.Jle, { } a, { } b) => (ulong)a <= (ulong)b,
        (BpfJumpOperation.Jset, { } a, { } b) => (a & b) != 0,
        _ => null,
    };

    private static Known? OperandOf(BpfInstruction instruction, Known?[] registers) =>
        instruction.UsesSourceRegister ? registers[Number(instruction.SourceRegister)] : new Known(instruction.Immediate);

    /// <summary>A known number, as an operation of 64 or of 32 bits sees it.</summary>
    private static long? NumberIn(Known? known, bool isWide) => known is { Map: null } number ? isWide ? number.Value : (uint)number.Value : null;

    private static int Number(BpfRegister register) => Math.Min((int)register, Registers - 1);

    /// <param name="Value">A number, or bytes from the start of the variables.</param>
    /// <param name="Map">The constant variables that an address points into.</param>
    private readonly record struct Known(long Value, BpfMapSpec? Map = null);
}
