namespace P3Ebpf.Loader;

/// <summary>What of an object is to be pinned where; made before anything is loaded, so that <see cref="BpfFs.Prepare"/> can check the paths.</summary>
public sealed class BpfPinPlan
{
    private readonly List<(BpfProgramSpec Program, string Path)> _programs = [];
    private readonly List<(BpfMapSpec Map, string Path)> _maps = [];
    private readonly List<(BpfProgramSpec Program, string Path)> _links = [];
    private readonly List<(BpfMapSpec Map, string Path)> _mapLinks = [];

    /// <summary>All paths: those of programs, then of maps, then of links.</summary>
    public IEnumerable<string> Paths => [.. _programs.Select(each => each.Path), .. _maps.Select(each => each.Path), .. _links.Select(each => each.Path), .. _mapLinks.Select(each => each.Path)];

    /// <summary>Whether a link is pinned, and with it the attachment outlives the process.</summary>
    public bool KeepsAttached => _links.Count + _mapLinks.Count > 0;

    /// <summary>
    /// Pins every program, map and link under a directory by its name: a program by that of its function, its link by the same with <c>_link</c>
    /// behind it (so that of a struct_ops map), a map by its own with <c>_</c> for each dot, as names in a bpffs have none.
    /// </summary>
    /// <param name="spec">The object; programs and maps that are not loaded automatically are left out.</param>
    /// <param name="directory">The directory, which need not exist.</param>
    /// <param name="withLinks">Whether the object will be attached.</param>
    /// <param name="options">What it will be attached with.</param>
    public static BpfPinPlan InDirectory(BpfObjectSpec spec, string directory, bool withLinks = true, BpfAttachOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(directory);
        var plan = new BpfPinPlan();
        foreach (BpfProgramSpec program in spec.ProgramsToLoad)
        {
            plan.Add(program, Path.Combine(directory, program.Name));
            if (withLinks && program.IsAutoAttached && (options ?? BpfAttachOptions.None).MissingFor(program.AttachPoint) is null)
                plan.AddLink(program, Path.Combine(directory, $"{program.Name}_link"));
        }

        foreach (BpfMapSpec map in spec.Maps.Where(map => map.IsAutoCreated))
        {
            string path = Path.Combine(directory, map.Name.Replace('.', '_'));
            plan.Add(map, path);
            if (withLinks && map is { StructOps: not null, IsAutoAttached: true } && (map.Flags & BpfMapFlags.Link) != 0)
                plan.AddLink(map, $"{path}_link");
        }

        return plan;
    }

    /// <summary>Pins a program.</summary>
    public void Add(BpfProgramSpec program, string path) => _programs.Add((program, path));

    /// <summary>Pins a map.</summary>
    public void Add(BpfMapSpec map, string path) => _maps.Add((map, path));

    /// <summary>Pins the link of a program.</summary>
    public void AddLink(BpfProgramSpec program, string path) => _links.Add((program, path));

    /// <summary>Pins the link of a struct_ops map.</summary>
    public void AddLink(BpfMapSpec map, string path) => _mapLinks.Add((map, path));

    /// <summary>Where the link of a struct_ops map will be pinned; <see langword="null"/> where it will not.</summary>
    public string? LinkPathOf(BpfMapSpec map) => _mapLinks.Find(each => each.Map == map).Path;

    /// <summary>Where the link of a program will be pinned; <see langword="null"/> where it will not.</summary>
    public string? LinkPathOf(BpfProgramSpec program) => _links.Find(each => each.Program == program).Path;

    /// <summary>Pins everything.</summary>
    /// <param name="scope">What <see cref="BpfFs.Prepare"/> made of <see cref="Paths"/>.</param>
    /// <param name="loaded">The object, loaded from the specification that the plan was made of, and attached if links are to be pinned.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Apply(BpfPinScope scope, BpfObject loaded)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(loaded);
        foreach ((BpfProgramSpec program, string path) in _programs)
            scope.Pin(loaded.Programs[program.Name], path);
        foreach ((BpfMapSpec map, string path) in _maps)
            scope.Pin(loaded.Maps[map.Name], path);
        foreach ((BpfProgramSpec program, string path) in _links)
        {
            BpfLink link = loaded.LinkOf(loaded.Programs[program.Name])
                ?? throw new InvalidOperationException($"Program '{program.Name}' is not attached, so its link cannot be pinned.");
            scope.Pin(link, path);
        }

        foreach ((BpfMapSpec map, string path) in _mapLinks)
        {
            BpfLink link = loaded.LinkOf(loaded.Maps[map.Name])
                ?? throw new InvalidOperationException($"Map '{map.Name}' is not attached, so its link cannot be pinned.");
            scope.Pin(link, path);
        }
    }
}
