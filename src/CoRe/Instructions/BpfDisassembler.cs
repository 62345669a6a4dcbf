using System.Text;
using static System.FormattableString;

namespace P3Ebpf.CoRe;

/// <summary>
/// Prints instructions as the verifier's log does (<c>print_bpf_insn</c> of kernel/bpf/disasm.c), for example <c>(79) r0 = *(u64 *)(r1 +0)</c>,
/// with whatever else is known of them.
/// </summary>
public sealed class BpfDisassembler
{
    /// <summary>Where the verifier begins to say what it knows after an instruction.</summary>
    private const int CommentColumn = 40;

    /// <summary>What the verifier prints before it refuses an atomic operation that it does not know; other unknown codes it refuses unprinted.</summary>
    private const string UnknownAtomic = "BUG_";

    private const short AddressSpaceCast = 1; // BPF_ADDR_SPACE_CAST
    private const short PerCpuAddress = -1; // BPF_ADDR_PERCPU, which only the kernel writes
    private const byte NoSpeculation = (byte)BpfInstructionClass.St | (byte)BpfAccessMode.Atomic; // BPF_NOSPEC, which only the kernel writes

    /// <summary>
    /// What a 64-bit load loads, by its slot, for example <c>map[id:3]</c>; where it answers <see langword="null"/>, what the instruction itself says
    /// stands there.
    /// </summary>
    public Func<int, string?>? OperandOf { get; init; }

    /// <summary>The name of the kernel function that a call calls, by its slot.</summary>
    public Func<int, string?>? KernelFunctionOf { get; init; }

    /// <summary>
    /// The line of source that an instruction belongs to, by its slot, as the verifier writes it: <c>return *count; @ file.c:18</c>. It is printed above
    /// the first of several instructions of a line.
    /// </summary>
    public Func<int, string?>? SourceLineOf { get; init; }

    /// <summary>What CO-RE did to the instructions: printed after them.</summary>
    public IReadOnlyList<CoreRelocationResult> Relocations { get; init; } = [];

    /// <summary>One instruction of which nothing else is known.</summary>
    /// <param name="instruction">The instruction; of a 64-bit load the first slot, the upper half counting as 0.</param>
    public static string Format(BpfInstruction instruction) => new BpfDisassembler().Format([instruction], 0);

    /// <summary>One instruction: its code and what it does.</summary>
    /// <param name="code">The program or function.</param>
    /// <param name="index">The slot, the first of a 64-bit load.</param>
    public string Format(ReadOnlySpan<BpfInstruction> code, int index)
    {
        BpfInstruction instruction = code[index];
        string? text = instruction.Class switch
        {
            BpfInstructionClass.Ld when instruction.IsLoadImmediate64 => $"{Destination(instruction)} = {Operand(code, index)}",
            BpfInstructionClass.Ld => PacketLoad(instruction),
            BpfInstructionClass.Ldx => Load(instruction),
            BpfInstructionClass.St => Store(instruction),
            BpfInstructionClass.Stx when instruction.Mode == BpfAccessMode.Mem => $"{Place(instruction)} = {Source(instruction)}",
            BpfInstructionClass.Stx when instruction.Mode == BpfAccessMode.Atomic => Atomic(instruction),
            BpfInstructionClass.Jmp or BpfInstructionClass.Jmp32 => Jump(instruction, index),
            BpfInstructionClass.Alu or BpfInstructionClass.Alu64 => Arithmetic(instruction),
            _ => null,
        };
        return text == UnknownAtomic ? Invariant($"{text}{instruction.Code:x2}") : $"({instruction.Code:x2}) {text ?? "unknown opcode"}";
    }

    /// <summary>All instructions, a line each with its slot, as in the verifier's log.</summary>
    /// <param name="code">The program or function.</param>
    /// <exception cref="ArgumentException">A relocation lies outside of it.</exception>
    public string Disassemble(ReadOnlySpan<BpfInstruction> code)
    {
        ILookup<int, CoreRelocationResult> relocations = Relocations.ToLookup(relocation => relocation.InstructionIndex);
        var text = new StringBuilder();
        string? source = null;
        for (int i = 0; i < code.Length; i++)
        {
            if (SourceLineOf?.Invoke(i) is { } line && line != source)
            {
                source = line;
                _ = text.Append("; ").Append(line).Append('\n');
            }

            string instruction = Invariant($"{i}: ") + Format(code, i);
            foreach (CoreRelocationResult relocation in relocations[i])
            {
                _ = text.Append(instruction.PadRight(CommentColumn)).Append("; ").Append(Comment(relocation)).Append('\n');
                instruction = string.Empty;
            }

            if (instruction.Length > 0)
                _ = text.Append(instruction).Append('\n');
            if (code[i].IsLoadImmediate64)
                i++;
        }

        return text.ToString();
    }

    private static string Comment(CoreRelocationResult relocation)
    {
        string asked = $"{CoreRelocationKindNames.Of(relocation.Kind)} {relocation.Local}";
        return relocation.Outcome switch
        {
            CoreRelocationOutcome.Failed => $"{asked} failed: {relocation.Message}",
            CoreRelocationOutcome.Poisoned => $"{asked} poisoned: {relocation.Message}",
            CoreRelocationOutcome.Absent => Invariant($"{asked}: absent, {relocation.OriginalValue} -> {relocation.Value}"),
            _ => Invariant($"{asked}: {relocation.OriginalValue} -> {relocation.Value}"),
        };
    }

    private static string? Arithmetic(BpfInstruction instruction)
    {
        bool isWide = instruction.Class == BpfInstructionClass.Alu64;
        string destination = Half(instruction, instruction.DestinationRegister);
        string source = instruction.UsesSourceRegister ? Half(instruction, instruction.SourceRegister) : Number(instruction.Immediate);
        switch (instruction.AluOperation)
        {
            case BpfAluOperation.End:
                string swap = isWide ? "bswap" : instruction.UsesSourceRegister ? "be" : "le";
                return $"{Destination(instruction)} = {swap}{Number(instruction.Immediate)} {Destination(instruction)}";
            case BpfAluOperation.Neg:
                return $"{destination} = -{destination}";
            case BpfAluOperation.Mov when isWide && instruction is { UsesSourceRegister: true, Offset: AddressSpaceCast }:
                return Invariant($"{destination} = addr_space_cast({source}, {(uint)instruction.Immediate >> 16}, {(ushort)instruction.Immediate})");
            case BpfAluOperation.Mov when isWide && instruction is { UsesSourceRegister: true, Offset: PerCpuAddress }:
                return $"{destination} = &(void __percpu *)({source})";
            case BpfAluOperation.Mov when instruction is { UsesSourceRegister: true, Offset: 8 or 16 or 32 }:
                return Invariant($"{destination} = (s{instruction.Offset}){source}");
            case BpfAluOperation.Div when instruction.Offset == 1:
                return $"{destination} s/= {source}";
            case BpfAluOperation.Mod when instruction.Offset == 1:
                return $"{destination} s%= {source}";
        }

        string? sign = instruction.AluOperation switch
        {
            BpfAluOperation.Add => "+=",
            BpfAluOperation.Sub => "-=",
            BpfAluOperation.Mul => "*=",
            BpfAluOperation.Div => "/=",
            BpfAluOperation.Or => "|=",
            BpfAluOperation.And => "&=",
            BpfAluOperation.Lsh => "<<=",
            BpfAluOperation.Rsh => ">>=",
            BpfAluOperation.Mod => "%=",
            BpfAluOperation.Xor => "^=",
            BpfAluOperation.Mov => "=",
            BpfAluOperation.Arsh => "s>>=",
            _ => null,
        };
        return sign is null ? null : $"{destination} {sign} {source}";
    }

    private static string? Load(BpfInstruction instruction) => instruction.Mode switch
    {
        BpfAccessMode.Mem => $"{Destination(instruction)} = *({Type(instruction)} *){Address(instruction.SourceRegister, instruction)}",
        BpfAccessMode.MemSx when instruction.Size != BpfAccessSize.DoubleWord =>
            $"{Destination(instruction)} = *(s{Type(instruction).Substring(1)} *){Address(instruction.SourceRegister, instruction)}",
        _ => null,
    };

    private static string? Store(BpfInstruction instruction) =>
        instruction.Mode == BpfAccessMode.Mem ? $"{Place(instruction)} = {Number(instruction.Immediate)}"
        : instruction.Code == NoSpeculation ? "nospec"
        : null;

    private static string? PacketLoad(BpfInstruction instruction) => instruction.Mode switch
    {
        BpfAccessMode.Abs => $"r0 = *({Type(instruction)} *)skb[{Number(instruction.Immediate)}]",
        BpfAccessMode.Ind => $"r0 = *({Type(instruction)} *)skb[{Source(instruction)} + {Number(instruction.Immediate)}]",
        _ => null,
    };

    private static string Atomic(BpfInstruction instruction)
    {
        string pointer = $"({Type(instruction)} *){Address(instruction.DestinationRegister, instruction)}";
        string source = Source(instruction);
        string atomic = instruction.Size == BpfAccessSize.DoubleWord ? "atomic64" : "atomic";
        return instruction.AtomicOperation switch
        {
            BpfAtomicOperation.Add => $"lock *{pointer} += {source}",
            BpfAtomicOperation.Or => $"lock *{pointer} |= {source}",
            BpfAtomicOperation.And => $"lock *{pointer} &= {source}",
            BpfAtomicOperation.Xor => $"lock *{pointer} ^= {source}",
            BpfAtomicOperation.FetchAdd => $"{source} = {atomic}_fetch_add({pointer}, {source})",
            BpfAtomicOperation.FetchOr => $"{source} = {atomic}_fetch_or({pointer}, {source})",
            BpfAtomicOperation.FetchAnd => $"{source} = {atomic}_fetch_and({pointer}, {source})",
            BpfAtomicOperation.FetchXor => $"{source} = {atomic}_fetch_xor({pointer}, {source})",
            BpfAtomicOperation.Xchg => $"{source} = {atomic}_xchg({pointer}, {source})",
            BpfAtomicOperation.Cmpxchg => $"r0 = {atomic}_cmpxchg({pointer}, r0, {source})",
            BpfAtomicOperation.LoadAcquire =>
                $"{Destination(instruction)} = load_acquire(({Type(instruction)} *){Address(instruction.SourceRegister, instruction)})",
            BpfAtomicOperation.StoreRelease => $"store_release({pointer}, {source})",
            _ => UnknownAtomic,
        };
    }

    private string? Jump(BpfInstruction instruction, int index)
    {
        bool isWide = instruction.Class == BpfInstructionClass.Jmp;
        switch (instruction.JumpOperation)
        {
            case BpfJumpOperation.Ja when instruction.UsesSourceRegister:
                return isWide ? $"gotox {Destination(instruction)}" : null;
            case BpfJumpOperation.Ja:
                return isWide ? $"goto {Distance(instruction.Offset)}" : $"gotol {Distance(instruction.Immediate)}";
            case BpfJumpOperation.Jcond when !isWide || instruction.UsesSourceRegister:
                return null;
            case BpfJumpOperation.Jcond when instruction.SourceRegister == BpfRegister.R0:
                return $"may_goto {Distance(instruction.Offset)}";
            case BpfJumpOperation.Call:
                return instruction.IsCall ? $"call {Callee(instruction, index)}" : null;
            case BpfJumpOperation.Exit:
                return instruction.IsExit ? "exit" : null;
        }

        string? comparison = instruction.JumpOperation switch
        {
            BpfJumpOperation.Jeq => "==",
            BpfJumpOperation.Jgt => ">",
            BpfJumpOperation.Jge => ">=",
            BpfJumpOperation.Jset => "&",
            BpfJumpOperation.Jne => "!=",
            BpfJumpOperation.Jsgt => "s>",
            BpfJumpOperation.Jsge => "s>=",
            BpfJumpOperation.Jlt => "<",
            BpfJumpOperation.Jle => "<=",
            BpfJumpOperation.Jslt => "s<",
            BpfJumpOperation.Jsle => "s<=",
            BpfJumpOperation.Jcond => "(null)", // the verifier prints it so, and refuses it
            _ => null,
        };
        string right = instruction.UsesSourceRegister ? Half(instruction, instruction.SourceRegister) : $"0x{instruction.Immediate:x}";
        return comparison is null ? null : $"if {Half(instruction, instruction.DestinationRegister)} {comparison} {right} goto {Distance(instruction.Offset)}";
    }

    private string Callee(BpfInstruction instruction, int index)
    {
        string name;
        switch (instruction.CallKind)
        {
            case BpfCallKind.Subprogram:
                return Distance(instruction.Immediate);
            case BpfCallKind.KernelFunction:
                name = KernelFunctionOf?.Invoke(index) ?? "kernel-function";
                break;
            case BpfCallKind.Helper:
                name = ((BpfHelper)instruction.Immediate).KernelName();
                break;
            default:
                name = "unknown";
                break;
        }

        return $"{name}#{Number(instruction.Immediate)}";
    }

    private string Operand(ReadOnlySpan<BpfInstruction> code, int index)
    {
        if (OperandOf?.Invoke(index) is { } known)
            return known;
        int low = code[index].Immediate;
        int high = index + 1 < code.Length ? code[index + 1].Immediate : 0;
        return code[index].LoadKind switch
        {
            BpfLoadKind.MapFd => Invariant($"map[fd:{low}]"),
            BpfLoadKind.MapValue => Invariant($"map[fd:{low}][0]+{high}"),
            BpfLoadKind.MapIndex => Invariant($"map[idx:{low}]"),
            BpfLoadKind.MapIndexValue => Invariant($"map[idx:{low}][0]+{high}"),
            _ => $"0x{((ulong)(uint)high << 32) | (uint)low:x}",
        };
    }

    /// <summary>What a load or store accesses, without the sign.</summary>
    private static string Type(BpfInstruction instruction) => instruction.Size switch
    {
        BpfAccessSize.Byte => "u8",
        BpfAccessSize.HalfWord => "u16",
        BpfAccessSize.Word => "u32",
        _ => "u64",
    };

    private static string Place(BpfInstruction instruction) => $"*({Type(instruction)} *){Address(instruction.DestinationRegister, instruction)}";

    private static string Address(BpfRegister register, BpfInstruction instruction) => $"({Whole(register)} {Signed(instruction.Offset)})";

    private static string Destination(BpfInstruction instruction) => Whole(instruction.DestinationRegister);

    private static string Source(BpfInstruction instruction) => Whole(instruction.SourceRegister);

    private static string Whole(BpfRegister register) => Invariant($"r{(byte)register}");

    /// <summary>A register as operations of the instruction's class see it: all of it, or the lower half.</summary>
    private static string Half(BpfInstruction instruction, BpfRegister register) =>
        instruction.Class is BpfInstructionClass.Alu or BpfInstructionClass.Jmp32 ? Invariant($"w{(byte)register}") : Whole(register);

    private static string Distance(int slots) => $"pc{Signed(slots)}";

    private static string Number(int value) => Invariant($"{value}");

    private static string Signed(int value) => Invariant($"{value:+0;-0;+0}");
}
