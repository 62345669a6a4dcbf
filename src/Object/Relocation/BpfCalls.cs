
namespace P3Ebpf.Object.Relocation;

/// <summary>Who calls whom in an object.</summary>
internal sealed class BpfCalls(BpfObjectSpec spec)
{
    private readonly BpfFunctionTable _text = new(spec.Functions.Where(f => f.IsSubprogram));

    private readonly Dictionary<BpfFunction, Dictionary<int, BpfRelocation>> _relocations =
        spec.Functions.ToDictionary(f => f, f => f.Relocations.GroupBy(r => r.Instruction).ToDictionary(g => g.Key, g => g.Last()));

    /// <summary>The functions of <c>.text</c>.</summary>
    public IReadOnlyList<BpfFunction> Subprograms => _text.All;

    /// <summary>The relocations of a function, by instruction.</summary>
    public IReadOnlyDictionary<int, BpfRelocation> RelocationsOf(BpfFunction function) => _relocations[function];

    /// <summary>Whether an instruction calls a function of the object, or loads its address.</summary>
    /// <param name="function">The function that holds the instruction.</param>
    /// <param name="index">The instruction's index in it.</param>
    /// <param name="target">The instruction of <c>.text</c> that it leads to.</param>
    /// <param name="callee">The function that begins there; <see langword="null"/> where none does.</param>
    public bool IsCall(BpfFunction function, int index, out long target, out BpfFunction? callee)
    {
        target = 0;
        callee = null;
        BpfInstruction instruction = function.Instructions.Span[index];
        _ = _relocations[function].TryGetValue(index, out BpfRelocation? relocation);
        bool isCall = instruction.IsCall && instruction.CallKind == BpfCallKind.Subprogram && relocation?.Kind != BpfRelocationKind.ExternCall;
        if (!isCall && relocation?.Kind != BpfRelocationKind.SubprogramAddress)
            return false;

        target = relocation?.Kind switch
        {
            BpfRelocationKind.Call => (relocation.SymbolOffset / BpfInstruction.Length) + instruction.Immediate + 1,
            BpfRelocationKind.SubprogramAddress => (relocation.SymbolOffset + instruction.Immediate) / BpfInstruction.Length,
            _ => function.SectionOffset + (long)index + instruction.Immediate + 1,
        };
        callee = relocation is not null || function.IsSubprogram ? _text.FindStart(BpfObjectSections.Text, target) : null;
        return true;
    }
}
