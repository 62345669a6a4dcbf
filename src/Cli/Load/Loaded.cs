using System.Globalization;
using System.Text.Json;
using P3Ebpf.Cli.Lottery;
using P3Ebpf.Cli.Maps;

namespace P3Ebpf.Cli.Load;

/// <summary>An object in the kernel, and what to say of it.</summary>
/// <remarks>The kernel is asked when this is made, so before pins are kept: an answer that cannot be given must not leave anything behind.</remarks>
/// <param name="contents">The object, attached if it is to be.</param>
/// <param name="pins">Where its parts will be pinned.</param>
/// <param name="attaching">Where its programs are attached.</param>
internal sealed class Loaded(BpfObject contents, BpfPinPlan pins, AttachChoice attaching)
{
    /// <summary>Maps with so few entries are shown as a whole.</summary>
    private const int SmallMap = 32;

    private readonly LoadDocument _document = Describe(contents, pins);

    /// <summary>The object's name.</summary>
    public string Name => contents.Spec.Name;

    /// <summary>Whether a program is attached.</summary>
    public bool IsAttached => contents.Links.Count > 0;

    /// <summary>The map of tasks, if the object has one.</summary>
    public TaskMap? Tasks { get; } = TaskMap.Find(contents);

    /// <summary>One line about what is in the kernel now.</summary>
    public string Summary()
    {
        string programs = string.Join(", ", _document.Programs.Select(DescribeProgram));
        string maps = string.Join(", ", _document.Maps.Select(map => $"{map.Name} (id {map.Id})"));
        maps = _document.Maps.Count switch { 0 => string.Empty, 1 => $"; map {maps}", _ => $"; maps {maps}" };
        return $"loaded {contents.Spec}: {(contents.Programs.Count == 1 ? "program" : "programs")} {programs}{maps}{DescribeRelocations()}";
    }

    /// <summary>What to say of programs that nobody will run: why, and what to do.</summary>
    public IEnumerable<string> Unattached() => _document.Programs
        .Where(program => !program.Attached && contents.Programs[program.Name].Type != BpfProgramType.StructOps)
        .Select(program => $"note: program {program.Name} is not attached: {attaching.WhyNot(contents.Programs[program.Name].Spec!)}.");

    public IEnumerable<string> Warnings() => [.. contents.Spec.Warnings, .. contents.Relocation.Target?.Warnings ?? []];

    /// <summary>The document that is the command's answer.</summary>
    /// <param name="tasks">What was counted until now, if the command stayed.</param>
    public LoadDocument Document(IReadOnlyList<TaskRow>? tasks) => _document with { Tasks = tasks is null ? null : [.. tasks.Select(TaskEntry.From)] };

    /// <summary>The maps as plain text, with how full they are where that can be told.</summary>
    public void WriteMaps(LineWriter writer)
    {
        if (_document.Maps.Count == 0)
            return;
        var table = new TextTable("MAP", "TYPE", ">ID", ">ENTRIES", ">MAXIMUM");
        foreach (LoadDocument.Map map in _document.Maps)
            table.Add(map.Name, map.Type, Number(map.Id), CountEntries(contents.Maps[map.Name]), Number(map.MaxEntries));
        table.Write(writer);
    }

    /// <summary>The document of an object that yields records: with its variables and small maps as they are at the end.</summary>
    public LoadDocument DocumentWithContents() => _document with
    {
        Variables = Variables().ToDictionary(each => each.Variable.Name, each => JsonDocument.Parse(Format(each, BtfValueStyle.Json), new JsonDocumentOptions { MaxDepth = 256 }).RootElement),
        Entries = SmallMaps().ToDictionary(each => each.Map.Name, each => each.Entries),
    };

    /// <summary>The variables and the entries of small maps as plain text, one a line.</summary>
    public void WriteContents(LineWriter writer)
    {
        foreach ((BpfVariableSpec, BpfVariable) variable in Variables())
            writer.WriteLine($"{variable.Item1.Name} = {Format(variable, BtfValueStyle.Text)}");
        foreach ((BpfMap map, IReadOnlyList<MapEntry> entries) in SmallMaps())
        {
            if (entries.Count == 0)
                continue;
            var types = MapTypes.FromObject(map, contents.Spec.Btf);
            foreach (BpfMapEntry entry in map.Entries())
                writer.WriteLine($"{map.Name}[{types.KeyText(entry.Key)}] = {types.ValueText(entry.Value)}");
        }
    }

    private IEnumerable<(BpfVariableSpec Specification, BpfVariable Variable)> Variables() =>
        contents.Spec.Variables.Where(spec => !spec.Map.IsReadOnly && contents.Variables.TryGet(spec.Name, out _)).Select(spec => (spec, contents.Variables[spec.Name]));

    private string Format((BpfVariableSpec Specification, BpfVariable Variable) each, BtfValueStyle style) =>
        BtfValueFormatter.Format(contents.Spec.Btf![new BtfTypeId(each.Specification.BtfTypeId)], each.Variable.GetBytes(), style);

    private IEnumerable<(BpfMap Map, IReadOnlyList<MapEntry> Entries)> SmallMaps()
    {
        foreach (BpfMap map in contents.Maps)
        {
            if (map.Spec is not { IsData: false } || !CanBeRead(map.Type) || (map.Type is BpfMapType.Array or BpfMapType.PercpuArray && map.MaxEntries > SmallMap))
                continue;
            var types = MapTypes.FromObject(map, contents.Spec.Btf);
            var entries = new List<MapEntry>();
            foreach (BpfMapEntry entry in map.Entries())
            {
                entries.Add(MapEntry.Of(types, entry.Key, entry.Value));
                if (entries.Count > SmallMap)
                    break;
            }

            if (entries.Count <= SmallMap)
                yield return (map, entries);
        }
    }

    private static bool CanBeRead(BpfMapType type) => type is BpfMapType.Hash or BpfMapType.Array or BpfMapType.PercpuHash or BpfMapType.PercpuArray
        or BpfMapType.LruHash or BpfMapType.LruPercpuHash or BpfMapType.LpmTrie or BpfMapType.Rhash;

    private static LoadDocument Describe(BpfObject contents, BpfPinPlan pins) => new(
        contents.Spec.ToString(),
        contents.Relocation.Target?.Name,
        [.. contents.Programs.Select(program => LoadDocument.Program.From(program, contents.LinkOf(program)))],
        [.. contents.Spec.Maps.Where(spec => contents.Maps.TryGet(spec.Name, out _)).Select(spec => LoadDocument.Map.From(spec.Name, contents.Maps[spec.Name]))],
        [.. contents.Links.Select(link => LoadDocument.Link.From(link, link.Map is { } map ? pins.LinkPathOf(map.Spec!) : pins.LinkPathOf(link.Program!.Spec!)))],
        [.. pins.Paths],
        Tasks: null);

    private string DescribeProgram(LoadDocument.Program program) => $"{program.Name} (id {program.Id}{DescribeAttachment(contents.Programs[program.Name])})";

    private string DescribeAttachment(BpfProgram program)
    {
        if (contents.LinkOf(program) is not { } link)
            return string.Empty;
        BpfAttachPoint point = program.Spec!.AttachPoint;
        string? which = point switch
        {
            BpfDeviceHook => attaching.Options.Device,
            BpfCgroupHook or BpfBtfTarget { Type: BpfAttachType.LsmCgroup } => attaching.Options.Cgroup,
            BpfNetworkNamespaceHook => attaching.Options.NetworkNamespace,
            BpfExtensionTarget or BpfIteratorTarget when link.IsKernelLink && link.GetInfo().Place is { Length: > 0 } place && !point.ToString().EndsWith(place, StringComparison.Ordinal) => place,
            _ => null,
        };
        return $", attached to {point}{(which is null ? string.Empty : $" ({which})")}";
    }

    private string DescribeRelocations()
    {
        CoreRelocationResult[] results = [.. contents.Relocation.Functions.SelectMany(function => function.Results)];
        if (results.Length == 0)
            return string.Empty;
        int poisoned = results.Count(result => result.Outcome == CoreRelocationOutcome.Poisoned);
        int applied = results.Length - poisoned;
        return $"; CO-RE: {applied} applied{(poisoned == 0 ? string.Empty : $", {poisoned} in dead code")}";
    }

    /// <summary>Arrays are always full, and queues and rings cannot be walked.</summary>
    private static string CountEntries(BpfMap map)
    {
        if (map.Type is not (BpfMapType.Hash or BpfMapType.LruHash or BpfMapType.PercpuHash or BpfMapType.LruPercpuHash or BpfMapType.LpmTrie))
            return "-";
        int count = 0;
        foreach (BpfMapEntry _ in map.Entries())
            count++;
        return count.ToString(CultureInfo.InvariantCulture);
    }

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
