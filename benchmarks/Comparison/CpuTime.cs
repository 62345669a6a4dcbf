using System.Runtime.InteropServices;

namespace P3Ebpf.Benchmarks;

/// <summary>Processor time, user and system: what a busy machine does not change much, unlike the time that passes.</summary>
internal static unsafe partial class CpuTime
{
    private const int ProcessClock = 2; // CLOCK_PROCESS_CPUTIME_ID
    private const int Children = -1; // RUSAGE_CHILDREN

    /// <summary>Milliseconds that all threads of this process have used.</summary>
    public static double OfThisProcess
    {
        get
        {
            long* time = stackalloc long[2];
            _ = GetClock(ProcessClock, time);
            return (time[0] * 1e3) + (time[1] / 1e6);
        }
    }

    /// <summary>Milliseconds that the children which have ended used.</summary>
    public static double OfChildren
    {
        get
        {
            long* usage = stackalloc long[18]; // struct rusage: user time, system time (seconds, microseconds), and more
            _ = GetUsage(Children, usage);
            return ((usage[0] + usage[2]) * 1e3) + ((usage[1] + usage[3]) / 1e3);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetClock(int clock, long* time);

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, long* usage);
}
