using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Cli.Lottery;

/// <summary>What a task holds.</summary>
/// <param name="Tickets">What counts, or will count from its next draw or switch on.</param>
/// <param name="UserTickets">What it was given; 0 when its nice value decides.</param>
/// <param name="Name">Its command name; empty if it is not known yet.</param>
internal readonly record struct TicketHolding(uint Tickets, uint UserTickets, string Name);

/// <summary>Where tickets can be given: the books of sched_lottery, or the scheduler scx_lottery.</summary>
/// <param name="map">The map of tasks; owned from here on.</param>
/// <param name="spec">The object with the program <c>set_tickets</c>.</param>
/// <param name="name">What the object calls the map.</param>
/// <remarks>A program writes in place; an update from here would undo what is counted meanwhile.</remarks>
internal abstract class TicketHolders(BpfMap map, BpfObjectSpec spec, string name) : IDisposable
{
    private const string Setter = "set_tickets";

    protected BpfMap Map => map;

    /// <summary>Opens a pinned map of either kind.</summary>
    /// <exception cref="CommandException">It is another kind of map.</exception>
    public static TicketHolders FromPin(string path)
    {
        BpfMap map = BpfMap.FromPin(path);
        try
        {
            return SchedulerTickets.IsTaskMap(map.GetInfo()) ? new SchedulerTickets(map) : new BookedTickets(map, path);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    public abstract bool TryGet(uint task, out TicketHolding holding);

    /// <summary>Gives a task its tickets; 0 lets its nice value decide again.</summary>
    /// <exception cref="CommandException">The task cannot hold any.</exception>
    public void Set(uint task, uint tickets)
    {
        foreach (BpfProgramSpec program in spec.Programs)
            program.IsAutoLoaded = program.Name == Setter;
        foreach (BpfMapSpec each in spec.Maps)
            each.IsAutoCreated = each.Name == name;
        using BpfObject contents = spec.Load(new BpfLoadOptions { MapReplacements = new Dictionary<string, BpfMap> { [name] = map } });
        ulong[] context = [task, tickets];
        if (contents.Programs[Setter].TestRun(context: MemoryMarshal.AsBytes<ulong>(context)).ReturnValue != 0)
            throw Refused(task);
    }

    /// <inheritdoc/>
    public void Dispose() => map.Dispose();

    protected abstract CommandException Refused(uint task);
}

/// <summary>The books of sched_lottery.</summary>
internal sealed class BookedTickets(BpfMap map, string path) : TicketHolders(map, BuiltInObject.SetTickets, TaskMap.Name)
{
    private readonly TaskMap _tasks = TaskMap.From(map, path);

    public override bool TryGet(uint task, out TicketHolding holding)
    {
        bool found = _tasks.TryGet(task, out TaskRecord record);
        holding = new TicketHolding(record.Tickets, record.UserTickets, record.Command);
        return found;
    }

    protected override CommandException Refused(uint task) => new(
        "map-full", $"The map has no room for task {task}: it holds {Map.MaxEntries} tasks.", "Give it to a task that p3ebpf watch shows, or wait until others exit.");
}

/// <summary>The scheduler scx_lottery, by its map of tasks.</summary>
internal sealed class SchedulerTickets(BpfMap map) : TicketHolders(map, BuiltInObject.Scheduler, MapName)
{
    private const string MapName = "tasks";
    private const string RecordName = "task_record";

    private readonly BpfHashMap<uint, ScheduledTask> _tasks = new(map);

    /// <summary>Finds the scheduler that is in force: the kernel allows one.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static SchedulerTickets Find()
    {
        // One that was just thrown out keeps its map for as long as its loader lives, and one whose loader died for some moments more; the newest is the one
        // in force.
        BpfMapInfo? found = SchedExt.IsInForce ? BpfMap.List().LastOrDefault(IsTaskMap) : null;
        return found is not null
            ? new SchedulerTickets(BpfMap.FromId(found.Id))
            : throw new CommandException(
                "no-scheduler", "The lottery scheduler is not running.", "Start it with p3ebpf schedule; or give the pin of sched_lottery's books with --map-pin.");
    }

    /// <summary>Whether a map is that of the scheduler's tasks. Other programs have hash maps of this name and shape; ours has values whose BTF is that of the object.</summary>
    public static bool IsTaskMap(BpfMapInfo info)
    {
        if (info is not { Type: BpfMapType.Hash, KeySize: sizeof(uint), Name: MapName } || info.ValueSize != Unsafe.SizeOf<ScheduledTask>() || info.BtfId == 0)
            return false;
        using BtfObject btf = BtfObject.FromId(info.BtfId);
        _ = BuiltInObject.Scheduler.Btf!.TryFind(RecordName, BtfKind.Struct, out BtfType expected);
        return TaskMap.DescribeRecord(BtfSpec.Parse(btf.ReadData())[new BtfTypeId(info.BtfValueTypeId)]) == TaskMap.DescribeRecord(expected);
    }

    public override bool TryGet(uint task, out TicketHolding holding)
    {
        bool found = _tasks.TryGetValue(task, out ScheduledTask record);
        holding = new TicketHolding(record.DueTickets, record.UserTickets, record.Command);
        return found;
    }

    protected override CommandException Refused(uint task) => new(
        "not-scheduled", $"The lottery does not schedule task {task}.", "It draws among ordinary tasks, not those of a real-time policy; p3ebpf schedule shows them.");
}
