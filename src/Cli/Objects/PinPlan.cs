using P3Ebpf.Cli.Failures;

namespace P3Ebpf.Cli.Objects;

/// <summary>What of an object is to be pinned where; made before anything is loaded, so that the paths can be checked.</summary>
internal sealed class PinPlan
{
    private readonly Dictionary<string, string> _programs = [];
    private readonly Dictionary<string, string> _maps = [];
    private readonly Dictionary<string, string> _links = [];

    public IEnumerable<string> Paths => [.. _programs.Values, .. _maps.Values, .. _links.Values];

    /// <summary>Whether a link outlives the process, which then has nothing to wait for.</summary>
    public bool KeepsAttached => _links.Count > 0;

    /// <summary>Pins every program, map and link under a directory, each by its name, links with <c>_link</c> behind it.</summary>
    public static PinPlan InDirectory(BpfObjectSpec spec, string directory, bool attach)
    {
        var plan = new PinPlan();
        foreach (BpfProgramSpec program in spec.Programs.Where(program => program.IsAutoLoaded))
        {
            plan._programs.Add(program.Name, Path.Combine(directory, program.Name));
            if (attach && program is { IsAutoAttached: true, AttachPoint.IsComplete: true })
                plan._links.Add(program.Name, Path.Combine(directory, $"{program.Name}_link"));
        }

        // Names in a bpffs have no dots; those of data sections do.
        foreach (BpfMapSpec map in spec.Maps.Where(map => map.IsAutoCreated))
            plan._maps.Add(map.Name, Path.Combine(directory, map.Name.Replace('.', '_')));
        return plan;
    }

    /// <summary>Pins what was named.</summary>
    /// <exception cref="UsageException">The object has several of what is to be pinned, and none was chosen.</exception>
    public static PinPlan Of(BpfObjectSpec spec, string? programPin, string? mapPin, string? mapName, string? linkPin)
    {
        var plan = new PinPlan();
        if (programPin is not null)
            plan._programs.Add(OnlyProgram(spec, "--prog-pin").Name, programPin);
        if (mapPin is not null)
            plan._maps.Add(ChooseMap(spec, mapName).Name, mapPin);
        if (linkPin is not null)
        {
            BpfProgramSpec program = OnlyProgram(spec, "--link-pin");
            if (!program.AttachPoint.IsComplete)
                throw new UsageException($"--link-pin: program '{program.Name}' is not attached, as SEC(\"{program.SectionName}\") does not say where.");
            plan._links.Add(program.Name, linkPin);
        }

        return plan;
    }

    /// <summary>The only program that is loaded.</summary>
    /// <exception cref="UsageException">There is none, or several.</exception>
    public static BpfProgramSpec OnlyProgram(BpfObjectSpec spec, string option)
    {
        BpfProgramSpec[] loaded = [.. spec.Programs.Where(program => program.IsAutoLoaded)];
        return loaded.Length switch
        {
            1 => loaded[0],
            0 => throw new UsageException($"{option}: {spec} has no program that is loaded."),
            _ => throw new UsageException($"{option} takes one program, and {spec} has {loaded.Length}: choose one with --prog ({Names(loaded.Select(p => p.Name))})."),
        };
    }

    public string? LinkPathOf(string program) => _links.GetValueOrDefault(program);

    public void Apply(BpfPinScope scope, BpfObject loaded, IReadOnlyDictionary<BpfProgram, BpfLink> links)
    {
        foreach ((string name, string path) in _programs)
            scope.Pin(loaded.Programs[name], path);
        foreach ((string name, string path) in _maps)
            scope.Pin(loaded.Maps[name], path);
        foreach ((string name, string path) in _links)
            scope.Pin(links[loaded.Programs[name]], path);
    }

    private static BpfMapSpec ChooseMap(BpfObjectSpec spec, string? name)
    {
        if (name is not null)
            return spec.Maps[name];
        if (spec.Maps.TryGet(Lottery.TaskMap.Name, out BpfMapSpec? tasks))
            return tasks;
        BpfMapSpec[] candidates = [.. spec.Maps.Where(map => !map.IsData)];
        if (candidates.Length == 0)
            candidates = [.. spec.Maps];
        return candidates.Length switch
        {
            1 => candidates[0],
            0 => throw new UsageException($"--map-pin: {spec} has no map."),
            _ => throw new UsageException($"--map-pin takes one map, and {spec} has {candidates.Length}: choose one with --map ({Names(candidates.Select(m => m.Name))})."),
        };
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names);
}
