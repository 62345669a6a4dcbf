namespace P3Ebpf.Loader;

/// <summary>
/// A BPF object in the kernel: its maps and programs, and the links made through it. Disposing closes all descriptors; what is
/// pinned stays, everything else leaves the kernel.
/// </summary>
/// <remarks>Safe for several threads. What one attaches while another disposes is detached again.</remarks>
public sealed class BpfObject : IDisposable
{
    private readonly Lock _gate = new();

    /// <summary>Replaced, never changed, so that readers need no lock.</summary>
    private BpfLink[] _links = [];
    private bool _disposed;

    internal BpfObject(
        BpfObjectSpec spec,
        BpfObjectRelocation relocation,
        IReadOnlyDictionary<BpfMapSpec, BpfMap> maps,
        IReadOnlyDictionary<BpfProgramSpec, BpfProgram> programs)
    {
        Spec = spec;
        Relocation = relocation;
        Maps = new BpfNamedList<BpfMap>("map", spec.Maps.Where(maps.ContainsKey).Select(m => maps[m]), m => m.Name);
        Programs = new BpfNamedList<BpfProgram>("program", spec.Programs.Where(programs.ContainsKey).Select(p => programs[p]), p => p.Name);
        Variables = new BpfNamedList<BpfVariable>(
            "variable", spec.Variables.Where(v => maps.ContainsKey(v.Map)).Select(v => new BpfVariable(v, maps[v.Map])), v => v.Name);
    }

    /// <summary>What the object was loaded from.</summary>
    public BpfObjectSpec Spec { get; }

    /// <summary>What CO-RE relocation did.</summary>
    public BpfObjectRelocation Relocation { get; }

    /// <summary>The maps, by the names of the specification.</summary>
    public BpfNamedList<BpfMap> Maps { get; }

    /// <summary>The programs that were loaded.</summary>
    public BpfNamedList<BpfProgram> Programs { get; }

    /// <summary>The global variables, to read and to write.</summary>
    public BpfNamedList<BpfVariable> Variables { get; }

    /// <summary>The links made by <see cref="Attach(BpfAttachOptions?)"/>, each with its <see cref="BpfLink.Program"/> or <see cref="BpfLink.Map"/>.</summary>
    public IReadOnlyList<BpfLink> Links => _links;

    /// <summary>The link that <see cref="Attach(BpfAttachOptions?)"/> made of a program, or of a struct_ops map that has it as a callback; <see langword="null"/> where it made none.</summary>
    public BpfLink? LinkOf(BpfProgram program) => Array.Find(_links, link =>
        link.Program == program || (link.Map?.Spec?.StructOps is { } structOps && structOps.Members.Any(member => member.Program == program.Spec)));

    /// <summary>The link that <see cref="Attach(BpfAttachOptions?)"/> made of a struct_ops map; <see langword="null"/> where it made none.</summary>
    public BpfLink? LinkOf(BpfMap map) => Array.Find(_links, link => link.Map == map);

    /// <summary>
    /// Attaches every program that is to be attached by itself and whose section name says where, then puts the struct_ops maps into force. Either
    /// all of them are attached afterwards or none.
    /// </summary>
    /// <param name="options">What section names leave open; programs that it completes are attached too.</param>
    /// <exception cref="BpfException">The kernel refuses one.</exception>
    public void Attach(BpfAttachOptions? options = null) => Attach(_ => options ?? BpfAttachOptions.None);

    /// <summary>The same, where programs differ in what is said of them.</summary>
    /// <param name="optionsOf">What the section name of a program leaves open.</param>
    /// <exception cref="BpfException">The kernel refuses one.</exception>
    public void Attach(Func<BpfProgram, BpfAttachOptions> optionsOf)
    {
        ArgumentNullException.ThrowIfNull(optionsOf);
        List<BpfLink> links = [];
        try
        {
            foreach (BpfProgram program in Programs)
            {
                if (program.Spec is { IsAutoAttached: true } wanted && optionsOf(program) is var options && options.MissingFor(wanted.AttachPoint) is null)
                    links.Add(program.Attach(options));
            }

            foreach (BpfMap map in Maps)
            {
                // What was in the kernel before is its owner's to put into force.
                if (map is { Callbacks: not null, Spec.IsAutoAttached: true })
                    links.Add(StructOpsLink.Attach(map));
            }

            Add(links);
        }
        catch
        {
            foreach (BpfLink link in links)
                link.Dispose();
            throw;
        }
    }

    /// <summary>Attaches one program, and keeps its link until the object is disposed.</summary>
    /// <param name="program">A program of this object.</param>
    /// <param name="options">What its section name leaves open.</param>
    /// <returns>The link; it is the object's.</returns>
    /// <exception cref="BpfException">More has to be said, or the kernel refuses.</exception>
    public BpfLink Attach(BpfProgram program, BpfAttachOptions? options = null) => Keep(program.Attach(options ?? BpfAttachOptions.None));

    /// <summary>Takes over a link that was made elsewhere: it is disposed with the object, and not when the collector finds it.</summary>
    /// <returns>The link.</returns>
    /// <exception cref="ObjectDisposedException">The object was disposed; the link is too, then.</exception>
    public TLink Keep<TLink>(TLink link)
        where TLink : BpfLink
    {
        ArgumentNullException.ThrowIfNull(link);
        try
        {
            Add([link]);
            return link;
        }
        catch (ObjectDisposedException)
        {
            link.Dispose();
            throw;
        }
    }

    private void Add(IEnumerable<BpfLink> links)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _links = [.. _links, .. links];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        foreach (BpfLink link in _links)
            link.Dispose();
        foreach (BpfVariable variable in Variables)
            variable.Dispose();
        foreach (BpfProgram program in Programs)
            program.Dispose();
        foreach (BpfMap map in Maps)
            map.Dispose();
    }
}
