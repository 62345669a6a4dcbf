using System.Globalization;
using P3Ebpf.Cli.Lottery;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Load;

/// <summary>An object in the kernel, and what to say of it.</summary>
/// <remarks>The kernel is asked when this is made, so before pins are kept: an answer that cannot be given must not leave anything behind.</remarks>
/// <param name="contents">The object, attached if it is to be.</param>
/// <param name="pins">Where its parts will be pinned.</param>
internal sealed class Loaded(BpfObject contents, BpfPinPlan pins)
{
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

    /// <summary>What to say of programs that nobody will run; null where there are none.</summary>
    public string? Unattached()
    {
        string[] names = [.. _document.Programs.Where(program => !program.Attached).Select(program => program.Name)];
        return names.Length switch
        {
            0 => null,
            1 => $"note: program {names[0]} is not attached: its SEC() does not say where.",
            _ => $"note: programs {string.Join(", ", names)} are not attached: their SEC() does not say where.",
        };
    }

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

    private static LoadDocument Describe(BpfObject contents, BpfPinPlan pins) => new(
        contents.Spec.ToString(),
        contents.Relocation.Target?.Name,
        [.. contents.Programs.Select(program => LoadDocument.Program.From(program, contents.LinkOf(program)))],
        [.. contents.Spec.Maps.Where(spec => contents.Maps.TryGet(spec.Name, out _)).Select(spec => LoadDocument.Map.From(spec.Name, contents.Maps[spec.Name]))],
        [.. contents.Links.Select(link => LoadDocument.Link.From(link, link.Map is { } map ? pins.LinkPathOf(map.Spec!) : pins.LinkPathOf(link.Program!.Spec!)))],
        [.. pins.Paths],
        Tasks: null);

    private string DescribeProgram(LoadDocument.Program program)
    {
        string attached = program.Attached ? $", attached to {contents.Programs[program.Name].Spec!.AttachPoint}" : string.Empty;
        return $"{program.Name} (id {program.Id}{attached})";
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
