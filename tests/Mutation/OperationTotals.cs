using P3Ebpf.Btf.Tests.Mutation;

namespace P3Ebpf.Mutation;

/// <summary>What an operation took over all mutants.</summary>
internal sealed class OperationTotals
{
    public long Runs { get; set; }

    public long Refused { get; set; }

    public TimeSpan Total { get; set; }

    public TimeSpan Slowest { get; private set; }

    public string SlowestOf { get; private set; } = string.Empty;

    public long MostAllocated { get; private set; }

    /// <summary>Bytes allocated for each byte of input, at most, beyond what buffers take for input of any size.</summary>
    public double WorstMultiple { get; private set; }

    public string WorstMultipleOf { get; private set; } = string.Empty;

    public void Note(TimeSpan took, long allocated, long inputBytes, string mutant)
    {
        if (took > Slowest)
        {
            Slowest = took;
            SlowestOf = mutant;
        }

        MostAllocated = Math.Max(MostAllocated, allocated);
        double multiple = Math.Max(0, allocated - BtfOperations.FixedBytes) / (double)Math.Max(1, inputBytes);
        if (multiple > WorstMultiple)
        {
            WorstMultiple = multiple;
            WorstMultipleOf = $"{mutant}: {allocated} of {inputBytes} bytes";
        }
    }
}
