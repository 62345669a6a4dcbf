
namespace P3Ebpf.Object.Relocation;

/// <summary>Looks for the poisoned instructions that the verifier will come across.</summary>
internal static class PoisonSearch
{
    /// <summary>Follows the programs that are loaded automatically, and what they call.</summary>
    public static IReadOnlyList<BpfRelocationFinding> Run(BpfObjectSpec spec, BpfObjectRelocation relocation)
    {
        if (!relocation.Functions.Any(function => Poisoned(function).Any()))
            return [];

        var calls = new BpfCalls(spec);
        var reached = new Dictionary<BpfFunction, bool[]>();
        var pending = new Queue<BpfFunction>(spec.ProgramsToLoad.Select(program => program.Function));
        while (pending.TryDequeue(out BpfFunction? function))
        {
            if (reached.ContainsKey(function))
                continue;
            bool[] instructions = ReachableInstructions.Of(relocation[function], spec.ByteOrder == ElfByteOrder.LittleEndian);
            reached.Add(function, instructions);
            for (int i = 0; i < instructions.Length; i++)
            {
                if (instructions[i] && calls.IsCall(function, i, out _, out BpfFunction? callee) && callee is not null)
                    pending.Enqueue(callee);
            }
        }

        return
        [
            .. from function in relocation.Functions
               where reached.ContainsKey(function.Function)
               from result in Poisoned(function)
               where reached[function.Function][result.InstructionIndex]
               select new BpfRelocationFinding(function, result),
        ];
    }

    private static IEnumerable<CoreRelocationResult> Poisoned(BpfRelocatedFunction function) =>
        function.Results.Where(result => result.Outcome == CoreRelocationOutcome.Poisoned);
}
