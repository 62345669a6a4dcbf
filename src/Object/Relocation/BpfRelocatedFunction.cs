
namespace P3Ebpf.Object.Relocation;

/// <summary>A function after CO-RE relocation, and before maps, calls and variables are filled in.</summary>
public sealed class BpfRelocatedFunction
{
    internal BpfRelocatedFunction(BpfFunction function)
    {
        Function = function;
        Instructions = function.Instructions.ToArray();
    }

    /// <summary>The function as compiled.</summary>
    public BpfFunction Function { get; }

    /// <summary>The instructions with the relocations applied.</summary>
    public BpfInstruction[] Instructions { get; }

    /// <summary>What became of each relocation of the function, in the order of the object.</summary>
    public IReadOnlyList<CoreRelocationResult> Results => ResultList;

    internal List<CoreRelocationResult> ResultList { get; } = [];

    /// <summary>The result for an instruction, if it has one.</summary>
    public CoreRelocationResult? ResultAt(int instruction) => ResultList.Find(result => result.InstructionIndex == instruction);
}
