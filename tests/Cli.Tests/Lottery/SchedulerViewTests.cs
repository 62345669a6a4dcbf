using P3Ebpf.Cli.Lottery;

namespace P3Ebpf.Cli.Tests.Lottery;

[KernelTests]
public sealed class SchedulerViewTests
{
    [Fact]
    public void Records_are_laid_out_as_the_scheduler_has_them()
    {
        Requires.Kernel("6.12", "the kinds of maps that the scheduler has");
        BpfObjectSpec spec = BuiltInObject.Scheduler;
        foreach (BpfProgramSpec program in spec.Programs)
            program.IsAutoLoaded = false;
        foreach (BpfMapSpec map in spec.Maps)
            map.IsAutoCreated = map.StructOps is null;
        using BpfObject loaded = spec.Load();

        // The views compare the types with those of the object.
        _ = new BpfHashMap<uint, ScheduledTask>(loaded.Maps["tasks"]);
        _ = new BpfHashMap<ulong, ScheduledGroup>(loaded.Maps["groups"]);
        _ = new BpfArrayMap<ScheduledQueue>(loaded.Maps["queues"]);
    }
}
