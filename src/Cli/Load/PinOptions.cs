using System.CommandLine;

namespace P3Ebpf.Cli.Load;

/// <summary>The options of <c>load</c> that say what is to be pinned where.</summary>
internal sealed class PinOptions
{
    private readonly Option<string?> _program = PathOption("--prog-pin", "Pin the program at PATH.");
    private readonly Option<string?> _map = PathOption("--map-pin", "Pin the map at PATH.");
    private readonly Option<string?> _link = PathOption("--link-pin", "Pin the link at PATH, so that the program stays attached, and exit. Linux 5.15.");

    private readonly Option<string?> _mapName = new("--map")
    {
        HelpName = "NAME",
        Description = "The map that --map-pin pins. Default: task_map, else the only map.",
    };

    private readonly Option<string?> _directory = new("--pin-dir")
    {
        HelpName = "DIR",
        Description = "Pin every program, map and link under DIR by its name, and exit.",
    };

    /// <summary>In the order of the help.</summary>
    public IReadOnlyList<Option> All => [_program, _map, _link, _mapName, _directory];

    /// <summary>What these options mean for an object.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="spec">The object, with the programs chosen that will be loaded.</param>
    /// <param name="defaultMap">The map that is pinned where none is named; where this is null too, the object's only one.</param>
    /// <param name="attach">Whether the object will be attached.</param>
    /// <param name="options">What it will be attached with.</param>
    /// <exception cref="UsageException">The options do not go together, or the object has several of what is to be pinned.</exception>
    public BpfPinPlan PlanFor(ParseResult arguments, BpfObjectSpec spec, BpfMapSpec? defaultMap, bool attach, BpfAttachOptions options)
    {
        string? program = arguments.GetValue(_program);
        string? map = arguments.GetValue(_map);
        string? mapName = arguments.GetValue(_mapName);
        string? link = arguments.GetValue(_link);
        if (mapName is not null && map is null)
            throw new UsageException("--map says which map --map-pin pins; there is no --map-pin.");
        if (link is not null && !attach)
            throw new UsageException("--link-pin needs a link, and --no-attach makes none.");
        if (arguments.GetValue(_directory) is { } directory)
        {
            return program is null && map is null && link is null
                ? BpfPinPlan.InDirectory(spec, directory, attach, options)
                : throw new UsageException("--pin-dir pins everything; it does not go with --prog-pin, --map-pin or --link-pin.");
        }

        var plan = new BpfPinPlan();
        if (program is not null)
            plan.Add(OnlyProgram(spec, _program.Name), program);
        if (map is not null)
            plan.Add(mapName is null ? defaultMap ?? OnlyMap(spec) : spec.Maps[mapName], map);
        if (link is not null)
            plan.AddLink(OnlyAttached(spec, options), link);
        return plan;
    }

    /// <summary>The only program that is loaded.</summary>
    /// <exception cref="UsageException">There is none, or several.</exception>
    public static BpfProgramSpec OnlyProgram(BpfObjectSpec spec, string option)
    {
        BpfProgramSpec[] loaded = [.. spec.ProgramsToLoad];
        return loaded.Length switch
        {
            1 => loaded[0],
            0 => throw new UsageException($"{option}: {spec} has no program that is loaded."),
            _ => throw new UsageException($"{option} takes one program, and {spec} has {loaded.Length}: choose one with --prog ({Names(loaded.Select(p => p.Name))})."),
        };
    }

    private BpfProgramSpec OnlyAttached(BpfObjectSpec spec, BpfAttachOptions options)
    {
        BpfProgramSpec program = OnlyProgram(spec, _link.Name);
        return options.MissingFor(program.AttachPoint) is null
            ? program
            : throw new UsageException($"--link-pin: program '{program.Name}' is not attached, as SEC(\"{program.SectionName}\") does not say where.");
    }

    private static BpfMapSpec OnlyMap(BpfObjectSpec spec)
    {
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

    private static Option<string?> PathOption(string name, string description) => new(name) { HelpName = "PATH", Description = description };

    private static string Names(IEnumerable<string> names) => string.Join(", ", names);
}
