using BpfScheduler;
using P3Ebpf.Loader.Resources;

// Puts a scheduler into the kernel, until Ctrl-C or for so many seconds, and shows how often each CPU turned to a task. When this ends, in whatever
// way, the kernel's own scheduler has the tasks again. Takes Linux 6.12 with sched_ext (CONFIG_SCHED_CLASS_EXT).
int seconds = args.Length > 0 ? int.Parse(args[0]) : int.MaxValue;
try
{
    using FifoScheduler scheduler = FifoScheduler.Open();
    scheduler.SliceNs = 3_000_000;
    scheduler.Load();
    scheduler.Attach();
    for (int second = 1; second <= seconds; second++)
    {
        Thread.Sleep(TimeSpan.FromSeconds(1));
        if (File.ReadAllText("/sys/kernel/sched_ext/state").Trim() != "enabled")
        {
            Console.Error.WriteLine("The kernel has thrown the scheduler out; its log says why (dmesg).");
            return 1;
        }

        Console.WriteLine($"{second,4} s  {string.Join("  ", scheduler.Runs[0].Select((runs, cpu) => $"CPU {cpu}: {runs}"))}");
    }

    return 0;
}
catch (BpfException e)
{
    Console.Error.WriteLine($"{e.Message}\n{e.Hint}");
    return 1;
}
