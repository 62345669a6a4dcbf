using System.Diagnostics;

namespace P3Ebpf.Mutation;

/// <summary>Runs the operations on one mutant and keeps what each of them took.</summary>
internal sealed class Trial(SortedDictionary<string, OperationTotals> totals)
{
    /// <summary>Beyond this a duration is measured again: the machine may have been busy otherwise.</summary>
    private static readonly TimeSpan Suspicious = TimeSpan.FromMilliseconds(100);

    public int Seed { get; set; }

    public string Subject { get; set; } = string.Empty;

    public long InputBytes { get; set; }

    /// <summary>What is under way, for the watchdog.</summary>
    public string Current { get; private set; } = string.Empty;

    public List<string> Problems { get; } = [];

    /// <summary>Runs an operation.</summary>
    /// <param name="name">What the output calls it.</param>
    /// <param name="allowedBytes">How many bytes it may allocate.</param>
    /// <param name="action">The operation.</param>
    /// <param name="isRefusal">Whether an exception is one by which the operation may refuse its input.</param>
    /// <returns>Whether it came to its end.</returns>
    public bool Run(string name, long allowedBytes, Action action, Func<Exception, bool> isRefusal)
    {
        if (!totals.TryGetValue(name, out OperationTotals? total))
            totals.Add(name, total = new OperationTotals());
        Current = name;
        total.Runs++;
        TimeSpan took = Measure(action, out Exception? refusal, out long allocated);
        if (took > Suspicious && took > total.Slowest)
        {
            TimeSpan again = Measure(action, out refusal, out allocated);
            took = again < took ? again : took;
        }

        if (refusal is not null)
            total.Refused++;
        total.Total += took;
        total.Note(took, allocated, InputBytes, $"{Subject}, seed {Seed}");
        if (refusal is not null && !isRefusal(refusal))
            Problems.Add($"{name} of {Subject}, seed {Seed}: {refusal}");
        if (allocated > allowedBytes)
            Problems.Add($"{name} of {Subject}, seed {Seed}: {allocated} bytes allocated for {InputBytes} bytes of input; {allowedBytes} are allowed");
        return refusal is null;
    }

    private static TimeSpan Measure(Action action, out Exception? refusal, out long allocated)
    {
        refusal = null;
        long before = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        try
        {
            action();
        }
#pragma warning disable CA1031 // any exception at all is told with its seed
        catch (Exception e)
        {
            refusal = e;
        }
#pragma warning restore CA1031

        TimeSpan took = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return took;
    }
}
