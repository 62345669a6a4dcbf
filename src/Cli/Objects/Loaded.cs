using P3Ebpf.Cli.Lottery;

namespace P3Ebpf.Cli.Objects;

/// <summary>An object in the kernel with its links and pins, and what to say of it.</summary>
internal sealed class Loaded(BpfObject contents, PinPlan pins)
{
    private readonly Dictionary<BpfProgram, BpfLink> _links = [];

    /// <summary>The object's name.</summary>
    public string Name => contents.Spec.Name;

    /// <summary>Whether a program is attached.</summary>
    public bool IsAttached => _links.Count > 0;

    /// <summary>The map of tasks, if the object has one.</summary>
    public TaskMap? Tasks { get; } = TaskMap.Find(contents);

    /// <summary>Attaches all programs that say where; all or none.</summary>
    public void Attach()
    {
        contents.Attach();
        IEnumerable<BpfProgram> attached = contents.Programs.Where(program => program.Spec is { IsAutoAttached: true, AttachPoint.IsComplete: true });
        foreach ((BpfProgram program, BpfLink link) in attached.Zip(contents.Links))
            _links.Add(program, link);
    }

    public void Pin(BpfPinScope scope) => pins.Apply(scope, contents, _links);

    /// <summary>One line about what is in the kernel now.</summary>
    public string Summary()
    {
        string programs = string.Join(", ", contents.Programs.Select(DescribeProgram));
        string maps = string.Join(", ", Maps().Select(each => $"{each.Name} (id {each.Map.GetInfo().Id})"));
        maps = contents.Maps.Count switch { 0 => string.Empty, 1 => $"; map {maps}", _ => $"; maps {maps}" };
        return $"loaded {contents.Spec}: {(contents.Programs.Count == 1 ? "program" : "programs")} {programs}{maps}{DescribeRelocations()}";
    }

    /// <summary>What to say of programs that nobody will run; null where there are none.</summary>
    public string? Unattached()
    {
        string[] names = [.. contents.Programs.Where(program => !_links.ContainsKey(program)).Select(program => program.Name)];
        return names.Length switch
        {
            0 => null,
            1 => $"note: program {names[0]} is not attached: its SEC() does not say where.",
            _ => $"note: programs {string.Join(", ", names)} are not attached: their SEC() does not say where.",
        };
    }

    public IEnumerable<string> Warnings() => [.. contents.Spec.Warnings, .. contents.Relocation.Target?.Warnings ?? []];

    public void WriteMaps(TextWriter writer)
    {
        if (contents.Maps.Count > 0)
            MapTable.Write(Maps(), writer);
    }

    public LoadDocument Describe(IReadOnlyList<TaskRow>? tasks) => new(
        contents.Spec.ToString(),
        contents.Relocation.Target?.Name,
        [.. contents.Programs.Select(DescribeAsJson)],
        [.. Maps().Select(each => new LoadDocument.Map(each.Name, Words.Of(each.Map.Type), each.Map.GetInfo().Id, each.Map.KeySize, each.Map.ValueSize, each.Map.MaxEntries))],
        [.. _links.Select(each => new LoadDocument.Link(each.Key.Name, TypeOf(each.Value), IdOf(each.Value), pins.LinkPathOf(each.Key.Name)))],
        [.. pins.Paths],
        tasks is null ? null : [.. tasks.Select(TaskEntry.From)]);

    private IEnumerable<(string Name, BpfMap Map)> Maps() =>
        contents.Spec.Maps.Where(spec => contents.Maps.TryGet(spec.Name, out _)).Select(spec => (spec.Name, contents.Maps[spec.Name]));

    private LoadDocument.Program DescribeAsJson(BpfProgram program)
    {
        BpfProgramInfo info = program.GetInfo();
        return new(program.Name, program.Spec!.SectionName, Words.Of(program.Type), info.Id, info.Tag, info.InstructionCount, _links.ContainsKey(program));
    }

    private string DescribeProgram(BpfProgram program)
    {
        string attached = _links.ContainsKey(program) ? $", attached to {program.Spec!.AttachPoint}" : string.Empty;
        return $"{program.Name} (id {program.GetInfo().Id}{attached})";
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

    private static string TypeOf(BpfLink link) => Words.Of(link.IsKernelLink ? link.GetInfo().Type : BpfLinkType.PerfEvent);

    private static uint? IdOf(BpfLink link) => link.IsKernelLink ? link.GetInfo().Id : null;
}
