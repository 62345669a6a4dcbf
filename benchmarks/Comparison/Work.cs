namespace P3Ebpf.Benchmarks;

/// <summary>What was measured of one piece of work.</summary>
/// <param name="Milliseconds">The median of its processor time.</param>
/// <param name="Bytes">What it allocates on the managed heap.</param>
internal readonly record struct Cost(double Milliseconds, long Bytes);

/// <summary>A piece of work, by us and by others.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Ours">How we do it.</param>
/// <param name="Libbpf">How libbpf does.</param>
/// <param name="Items">Of how many equal parts it consists; more than one are told each, in nanoseconds.</param>
internal sealed record Work(string Name, Action Ours, Action Libbpf, int Items = 1)
{
    /// <summary>What goes before, unmeasured.</summary>
    public Action? Prepare { get; init; }

    private const int MostRuns = 41;
    private const int FewestRuns = 7;

    /// <summary>Processor time, in milliseconds, until the compiler has seen the work often enough and its background threads are done.</summary>
    private const int WarmUp = 1000;

    /// <summary>Processor time, in milliseconds, after which slow work is not run again.</summary>
    private const int Enough = 1000;

    public Cost Measure(Action action)
    {
        double start = CpuTime.OfThisProcess;
        while (CpuTime.OfThisProcess - start < WarmUp)
        {
            Prepare?.Invoke();
            action();
        }

        List<double> times = [];
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        start = CpuTime.OfThisProcess;
        while (times.Count < FewestRuns || (times.Count < MostRuns && CpuTime.OfThisProcess - start < Enough))
        {
            Prepare?.Invoke();
            double before = CpuTime.OfThisProcess;
            action();
            times.Add(CpuTime.OfThisProcess - before);
        }

        bytes = (GC.GetTotalAllocatedBytes(precise: true) - bytes) / times.Count;
        return new Cost(Median(times), bytes);
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
