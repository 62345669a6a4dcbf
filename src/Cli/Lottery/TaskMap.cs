using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The lottery scheduler's map of tasks.</summary>
internal sealed class TaskMap
{
    /// <summary>What the map is called in the object, and its values in its BTF.</summary>
    public const string Name = "task_map";

    private const string RecordName = "task_record";

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
    public static TaskMap From(BpfMap map, string path)
    {
        if (IsTaskMap(map))
            return new TaskMap(map);
        string difference = HasShape(map)
            ? $"it is called '{map.Name}', and not both its name and its values' type are those of {Name}, struct {RecordName}."
            : $"it is of type {Words.Of(map.Type)} with keys of {map.KeySize} and values of {map.ValueSize} bytes, " +
                $"not of type hash with keys of {sizeof(uint)} and values of {Unsafe.SizeOf<TaskRecord>()} bytes.";
        throw new CommandException(
            "wrong-map", $"{path} is no map of tasks: {difference}",
            "Give the pin that p3ebpf load --map-pin made of sched_lottery's task_map, with the same version of p3ebpf.");
    }

    /// <summary>The map of that name in an object that is not loaded yet.</summary>
    public static BpfMapSpec? Find(BpfObjectSpec spec) => spec.Maps.TryGet(Name, out BpfMapSpec? map) ? map : null;

    public bool TryGet(uint task, out TaskRecord record) => _records.TryGetValue(task, out record);

    /// <summary>Reads all records.</summary>
    public TaskSnapshot Read()
    {
        var records = new Dictionary<uint, TaskRecord>();
        foreach ((uint task, TaskRecord record) in _records)
            records[task] = record;
        return new TaskSnapshot(records);
    }

    private static bool IsTaskMap(BpfMap map) => HasShape(map) && IsOurs(map);

    private static bool HasShape(BpfMap map) =>
        map.Type == BpfMapType.Hash && map.KeySize == sizeof(uint) && map.ValueSize == Unsafe.SizeOf<TaskRecord>();

    /// <summary>Other programs have hash maps of this shape. Ours has its name, and values whose BTF is that of the object.</summary>
    private static bool IsOurs(BpfMap map)
    {
        BpfMapInfo info = map.GetInfo();
        if (info.Name != Name || info.BtfId == 0)
            return false;
        try
        {
            using BtfObject btf = BtfObject.FromId(info.BtfId);
            _ = BuiltInObject.Lottery.Btf!.TryFind(RecordName, BtfKind.Struct, out BtfType expected);
            return DescribeRecord(BtfSpec.Parse(btf.ReadData())[new BtfTypeId(info.BtfValueTypeId)]) == DescribeRecord(expected);
        }
        catch (BpfException e) when (e.Kind == BpfFailureKind.NotPermitted)
        {
            // BTF is opened by its id, which takes CAP_SYS_ADMIN where all else here takes CAP_BPF and CAP_PERFMON; then the name has to do.
            return true;
        }
    }

    /// <summary>The name, size and members of a struct, by which two are told apart; empty for another kind of type.</summary>
    public static string DescribeRecord(BtfType type)
    {
        if (type.Kind != BtfKind.Struct)
            return string.Empty;
        var members = new StringBuilder($"{type.Name} {type.Size}");
        foreach (BtfMember member in type.Members)
            _ = members.Append(CultureInfo.InvariantCulture, $" {member.Name}@{member.BitOffset}");
        return members.ToString();
    }
}
