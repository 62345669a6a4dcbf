using System.Runtime.CompilerServices;
using P3Ebpf.Cli.Failures;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The lottery scheduler's map of tasks.</summary>
internal sealed class TaskMap
{
    /// <summary>What the map is called in the object.</summary>
    public const string Name = "task_map";

    private readonly BpfHashMap<uint, TaskRecord> _records;

    private TaskMap(BpfMap map)
    {
        _records = new BpfHashMap<uint, TaskRecord>(map);
        Map = map;
    }

    /// <summary>The map itself, which stays its owner's.</summary>
    public BpfMap Map { get; }

    /// <summary>The map of an object, or <see langword="null"/> where it has none, or one of another shape.</summary>
    public static TaskMap? Find(BpfObject loaded) => loaded.Maps.TryGet(Name, out BpfMap? map) && IsTaskMap(map) ? new TaskMap(map) : null;

    /// <summary>Views a map that was pinned.</summary>
    /// <exception cref="CommandException">It is another kind of map.</exception>
    public static TaskMap From(BpfMap map, string path) => IsTaskMap(map)
        ? new TaskMap(map)
        : throw new CommandException(
            "wrong-map",
            $"{path} is no map of tasks: it is of type {Words.Of(map.Type)} with keys of {map.KeySize} and values of {map.ValueSize} bytes, " +
                $"not of type hash with keys of {sizeof(uint)} and values of {Unsafe.SizeOf<TaskRecord>()} bytes.",
            "Give the pin that p3ebpf load --map-pin made of sched_lottery's task_map, with the same version of p3ebpf.");

    public bool TryGet(uint task, out TaskRecord record) => _records.TryGetValue(task, out record);

    /// <summary>Reads all records.</summary>
    public TaskSnapshot Read()
    {
        var records = new Dictionary<uint, TaskRecord>();
        foreach ((uint task, TaskRecord record) in _records)
            records[task] = record;
        return new TaskSnapshot(records);
    }

    private static bool IsTaskMap(BpfMap map) =>
        map.Type == BpfMapType.Hash && map.KeySize == sizeof(uint) && map.ValueSize == Unsafe.SizeOf<TaskRecord>();
}
