using System.Diagnostics;
using System.Globalization;
using P3Ebpf.Btf.Tests.Mutation;

namespace P3Ebpf.Mutation;

/// <summary>What each operation takes for input that is made to cost as much as it can, at one size and at the eightfold.</summary>
internal static class Growth
{
    private const int Small = 8_000;
    private const int Factor = 8;

    /// <summary>Work that takes no longer is lost in the noise.</summary>
    private static readonly TimeSpan Measurable = TimeSpan.FromMilliseconds(20);

    /// <summary>Prints the table, and tells whether nothing grows faster than n log n by far.</summary>
    public static bool Run()
    {
        bool isGood = true;
        Console.WriteLine($"{"operation",-12}{"ns/byte",10}{"grows",8}{"bytes/byte",12}{"grows",8}  worst for");
        foreach ((string name, Action<BtfSpec, BtfSpec> run) in BtfOperations.All.Append(("check", static (spec, _) => BtfChecker.Check(spec.Data.ToArray()))).Append(("parse", static (spec, _) => BtfSpec.Parse(spec.Data.ToArray()))))
        {
            (double Time, double Growth, string Of) slowest = default;
            (double Bytes, double Growth, string Of) largest = default;
            foreach ((string family, Func<int, byte[]> make) in HostileBtf.Families)
            {
                byte[] small = make(Small), large = make(Small * Factor);
                (TimeSpan before, long allocatedBefore) = Measure(run, small);
                (TimeSpan after, long allocated) = Measure(run, large);
                double growth = after < Measurable || before < Measurable / 8 ? 0 : after / (before * ((double)large.Length / small.Length));
                double memoryGrowth = allocated / ((double)allocatedBefore * large.Length / small.Length);
                if (after.TotalNanoseconds / large.Length > slowest.Time)
                    slowest = (after.TotalNanoseconds / large.Length, growth, family);
                if ((double)allocated / large.Length > largest.Bytes)
                    largest = ((double)allocated / large.Length, memoryGrowth, family);
                if (growth > 4 || memoryGrowth > 2.5)
                {
                    isGood = false;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-12} GROWS: {before.TotalMilliseconds:F0} ms and {allocatedBefore >> 10} KiB for {small.Length}, {after.TotalMilliseconds:F0} ms and {allocated >> 10} KiB for {large.Length}: {family}"));
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-12}{slowest.Time,10:F0}{slowest.Growth,8:F1}{largest.Bytes,12:F1}{largest.Growth,8:F1}  {slowest.Of}; {largest.Of}"));
        }

        return isGood;
    }

    /// <summary>The shortest of three, of the processor's time.</summary>
    private static (TimeSpan Time, long Allocated) Measure(Action<BtfSpec, BtfSpec> run, byte[] data)
    {
        var spec = BtfSpec.Parse(data);
        (TimeSpan Time, long Allocated) best = (TimeSpan.MaxValue, 0);
        for (int i = 0; i < 3; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan started = Environment.CpuUsage.UserTime;
            long clock = Stopwatch.GetTimestamp();
            try
            {
                run(spec, spec);
            }
            catch (BtfFormatException)
            {
                // Refused, which is as good.
            }

            TimeSpan took = Environment.CpuUsage.UserTime - started;
            TimeSpan wall = Stopwatch.GetElapsedTime(clock);
            took = took < wall ? took : wall;
            if (took < best.Time)
                best = (took, GC.GetAllocatedBytesForCurrentThread() - before);
            if (wall > TimeSpan.FromSeconds(10))
                break;
        }

        return best;
    }
}
