// Puts a scheduler of its own into the kernel (sched_ext: Linux 6.12, CONFIG_SCHED_CLASS_EXT=y), first come, first served, and shows how often
// each CPU turned to a task. When it ends, in whatever way, the kernel's own scheduler has the tasks again.
//
//   sudo dotnet run             until Ctrl-C
//   sudo dotnet run -- 3        for three seconds
using P3Ebpf.Loader.Resources;
using SchedExt;

int seconds = args.Length > 0 ? int.Parse(args[0]) : int.MaxValue;

try
{
    #region scheduler
    using Fifo fifo = Fifo.Open();
    fifo.SliceNs = 3_000_000;
    fifo.FifoMap.TimeoutMs = 10_000; // a task that waits longer than this: the kernel throws the scheduler out
    fifo.Load();
    fifo.Attach();
    #endregion
    Console.WriteLine($"scheduler {File.ReadAllText("/sys/kernel/sched_ext/root/ops").Trim()}, {File.ReadAllText("/sys/kernel/sched_ext/state").Trim()}");
    for (int second = 1; second <= seconds; second++)
    {
        Thread.Sleep(1000);
        if (File.ReadAllText("/sys/kernel/sched_ext/state").Trim() != "enabled")
        {
            Console.Error.WriteLine("The kernel has thrown the scheduler out; its log says why (dmesg).");
            return 1;
        }

        Console.WriteLine($"{second,4} s  {string.Join("  ", fifo.Runs[0].Select((runs, cpu) => $"CPU {cpu}: {runs}"))}");
    }
}
catch (BpfException e) when (e.IsNotPermittedOrSupported)
{
    Console.Error.WriteLine($"{e.Message}\nhint: {e.Hint}");
    return 3;
}

Console.WriteLine($"afterwards: {File.ReadAllText("/sys/kernel/sched_ext/state").Trim()}");
return 0;
