namespace P3Ebpf.Object.Linking;

/// <summary>A program with all the subprograms that it reaches, ready for the kernel.</summary>
internal sealed class LinkedProgram
{
    public required BpfInstruction[] Instructions { get; init; }

    /// <summary>The functions, in the order in which they stand in <see cref="Instructions"/>.</summary>
    public required IReadOnlyList<(BpfFunction Function, int Start)> Functions { get; init; }

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
