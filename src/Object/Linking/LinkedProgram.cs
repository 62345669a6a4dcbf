namespace P3Ebpf.Object.Linking;

/// <summary>A program with all the subprograms that it reaches, ready for the kernel.</summary>
internal sealed class LinkedProgram
{
    public required BpfInstruction[] Instructions { get; init; }

    /// <summary>The functions, in the order in which they stand in <see cref="Instructions"/>.</summary>
    public required IReadOnlyList<(BpfFunction Function, int Start)> Functions { get; init; }

    /// <summary>Its jump tables, which are maps of their own: each program has them at other places.</summary>
    public required IReadOnlyList<LinkedJumpTable> JumpTables { get; init; }

    public required byte[] FuncInfo { get; init; }

    public required int FuncInfoRecordLength { get; init; }

    public required byte[] LineInfo { get; init; }

    public required int LineInfoRecordLength { get; init; }

    /// <summary>Where an instruction came from.</summary>
    public (BpfFunction Function, int Instruction) OriginOf(int instruction)
    {
        (BpfFunction function, int start) = Functions.Last(f => f.Start <= instruction);
        return (function, instruction - start);
    }
}

/// <summary>Where an indirect jump may lead.</summary>
/// <param name="Targets">Instructions of the program.</param>
internal sealed record LinkedJumpTable(int[] Targets)
{
    /// <summary>The 64-bit loads of the table's address, instructions of the program.</summary>
    public List<int> Loads { get; } = [];
}

/// <summary>
/// Calls of functions that cannot exist, put where something is missing. They are harmless in dead code; when the verifier reaches
/// one it names the number, which tells what was missing. The numbers are libbpf's, so its tools recognise them.
/// </summary>
internal static class PoisonedInstruction
{
    /// <summary>From here on: a map that was not created, by its index.</summary>
    public const int MapBase = 2001000000;

    /// <summary>From here on: a kernel function that does not exist, by the extern's index.</summary>
    public const int KernelFunctionBase = 2002000000;

    public static BpfInstruction Call(int number) => BpfInstruction.Call((BpfHelper)number);
}

/// <summary>What the kernel has for an extern.</summary>
/// <param name="Address">The address of an untyped symbol.</param>
/// <param name="BtfTypeId">The id of a variable or function in the kernel's BTF.</param>
/// <param name="ModuleDescriptor">The descriptor of the BTF of the module that has it; 0 for the kernel itself.</param>
/// <param name="FdIndex">Where the module's descriptor stands in the list that goes with a program; 0 for the kernel itself.</param>
internal sealed record ResolvedExtern(ulong Address = 0, uint BtfTypeId = 0, int ModuleDescriptor = 0, short FdIndex = 0);
