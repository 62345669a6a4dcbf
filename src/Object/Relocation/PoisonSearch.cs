
namespace P3Ebpf.Object.Relocation;

/// <summary>Looks for the poisoned instructions that the verifier will come across.</summary>
internal static class PoisonSearch
{
    /// <summary>Follows the programs that are loaded automatically, and what they call.</summary>
    /// <param name="spec">The object.</param>
    /// <param name="relocation">Its relocated instructions.</param>
    /// <param name="exists">Whether the kernel has an extern; <see langword="null"/> where that is not known.</param>
    public static IReadOnlyList<BpfRelocationFinding> Run(BpfObjectSpec spec, BpfObjectRelocation relocation, Func<BpfExternSpec, bool?> exists)
    {
        if (!relocation.Functions.Any(function => Poisoned(function).Any()))
            return [];

        Dictionary<BpfFunction, bool[]> reached = ReachedCode(spec, relocation, exists);
        return
        [
            .. from function in relocation.Functions
               where reached.ContainsKey(function.Function)
               from result in Poisoned(function)
               where reached[function.Function][result.InstructionIndex]
               select new BpfRelocationFinding(function, result),
        ];
    }

    /// <summary>Which instructions the programs that are loaded automatically can reach, function by function; functions that none calls are left out.</summary>
    /// <param name="spec">The object.</param>
    /// <param name="relocation">Its relocated instructions.</param>
    /// <param name="exists">Whether the kernel has an extern; <see langword="null"/> where that is not known.</param>
    public static Dictionary<BpfFunction, bool[]> ReachedCode(BpfObjectSpec spec, BpfObjectRelocation relocation, Func<BpfExternSpec, bool?> exists)
    {
        var calls = new BpfCalls(spec);
        var reached = new Dictionary<BpfFunction, bool[]>();
        var pending = new Queue<BpfFunction>(spec.ProgramsToLoad.Select(program => program.Function));
        while (pending.TryDequeue(out BpfFunction? function))
        {
            if (reached.ContainsKey(function))
                continue;
            bool[] instructions = ReachableInstructions.Of(relocation[function], spec.ByteOrder == ElfByteOrder.LittleEndian, exists);
            reached.Add(function, instructions);
            for (int i = 0; i < instructions.Length; i++)
            {
                if (instructions[i] && calls.IsCall(function, i, out _, out BpfFunction? callee) && callee is not null)
                    pending.Enqueue(callee);
            }
        }

        return reached;
    }

    private static IEnumerable<CoreRelocationResult> Poisoned(BpfRelocatedFunction function) =>
        function.Results.Where(result => result.Outcome == CoreRelocationOutcome.Poisoned);
}
