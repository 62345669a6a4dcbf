using System.Runtime.InteropServices;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The lottery scheduler in the kernel. It is in force from its making until it is disposed, or this process ends in any way.</summary>
internal sealed class LotteryScheduler : IDisposable
{
    private const string OperationsName = "lottery";
    private const ulong SwitchPartial = 1 << 3; // SCX_OPS_SWITCH_PARTIAL

    private readonly BpfObject _object;
    private readonly BpfHashMap<uint, ScheduledTask> _tasks;
    private readonly BpfHashMap<ulong, ScheduledGroup> _groups;
    private readonly BpfArrayMap<ScheduledQueue> _queues;
    private readonly BpfVariable _exit;

    private LotteryScheduler(BpfObject contents)
    {
        _object = contents;
        _tasks = new BpfHashMap<uint, ScheduledTask>(contents.Maps["tasks"]);
        _groups = new BpfHashMap<ulong, ScheduledGroup>(contents.Maps["groups"]);
        _queues = new BpfArrayMap<ScheduledQueue>(contents.Maps["queues"]);
        _exit = contents.Variables["exit_record"];
    }

    /// <summary>Puts the scheduler into force.</summary>
    /// <param name="slice">How long a winner runs.</param>
    /// <param name="isPartial">Whether only tasks of the policy SCHED_EXT are to be drawn; all ordinary ones otherwise.</param>
    /// <exception cref="BpfException">The kernel refuses, or another scheduler is in force.</exception>
    public static LotteryScheduler Start(TimeSpan slice, bool isPartial)
    {
        BpfObjectSpec spec = BuiltInObject.Scheduler;
        spec.Variables["slice_ns"].Set((ulong)slice.Ticks * TimeSpan.NanosecondsPerTick);
        BpfStructOpsSpec operations = spec.Maps[OperationsName].StructOps!;
        if (isPartial)
            operations.Set("flags", operations.Get<ulong>("flags") | SwitchPartial);
        BpfObject contents = spec.Load();
        try
        {
            var scheduler = new LotteryScheduler(contents);
            contents.Attach();
            return scheduler;
        }
        catch
        {
            contents.Dispose();
            throw;
        }
    }

    /// <summary>Whether it decides still; it may have been thrown out.</summary>
    public bool IsInForce => Exit.Kind == 0;

    /// <summary>Why it left.</summary>
    public SchedulerExit Exit => SchedulerExit.Read(_exit);

    /// <summary>Reads all records.</summary>
    public ScheduleSnapshot Read()
    {
        ulong rescued = 0;
        foreach ((_, ScheduledQueue queue) in _queues)
            rescued += queue.Rescued;
        return new ScheduleSnapshot(_tasks.ToDictionary(), _groups.ToDictionary(), rescued);
    }

    /// <summary>Gives tasks the tickets that they had been given under an earlier scheduler.</summary>
    /// <param name="earlier">Its records.</param>
    public void TakeOver(ScheduleSnapshot earlier)
    {
        foreach ((uint id, ScheduledTask task) in earlier.Tasks)
        {
            if (task.UserTickets == 0)
                continue;

            // By now it may have ended.
            ulong[] context = [id, task.UserTickets];
            _ = _object.Programs["set_tickets"].TestRun(context: MemoryMarshal.AsBytes<ulong>(context));
        }
    }

    /// <summary>Gives the tasks back to the kernel's default scheduler; the records stay readable.</summary>
    /// <returns>Why it left.</returns>
    public SchedulerExit Stop()
    {
        foreach (BpfLink link in _object.Links)
            link.Dispose();
        return Exit;
    }

    /// <inheritdoc/>
    public void Dispose() => _object.Dispose();
}
