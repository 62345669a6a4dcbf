using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>What programs are relocated against: one BTF, or a kernel's and its modules'. May serve many objects, also concurrently.</summary>
public sealed class CoreTarget
{
    private readonly Func<IEnumerable<CoreModule>>? _listModules;
    private readonly Lazy<IReadOnlyList<CoreTargetBtf>> _modules;
    private readonly List<string> _warnings = [];
    private readonly CoreTargetBtf _main;

    /// <summary>Relocates against this BTF and nothing else.</summary>
    /// <param name="btf">The target's types; of a split BTF, those of its bases too.</param>
    public CoreTarget(BtfSpec btf)
        : this(btf, null)
    {
    }

    private CoreTarget(BtfSpec btf, Func<IEnumerable<CoreModule>>? listModules)
    {
        ArgumentNullException.ThrowIfNull(btf);
        Btf = btf;
        _listModules = listModules;
        _main = new CoreTargetBtf(btf, btf.Source ?? "vmlinux", OwnTypesOnly: false);
        _modules = new Lazy<IReadOnlyList<CoreTargetBtf>>(ReadModules);
    }

    /// <summary>The BTF that is searched first.</summary>
    public BtfSpec Btf { get; }

    /// <summary>What messages call <see cref="Btf"/>: its source, or <c>vmlinux</c>.</summary>
    public string Name => _main.Name;

    /// <summary>What went wrong without doing harm: modules whose BTF could not be read.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_warnings)
                return [.. _warnings];
        }
    }

    /// <summary>Relocates against a kernel: its own types, and for a type that it lacks those of all modules.</summary>
    /// <param name="vmlinux">The kernel's BTF.</param>
    /// <param name="modules">Lists the modules in the order of their BTF's ids. Called at most once, when first needed; may throw what a <see cref="CoreModule"/> may.</param>
    public static CoreTarget Kernel(BtfSpec vmlinux, Func<IEnumerable<CoreModule>> modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        return new CoreTarget(vmlinux, modules);
    }

    /// <summary>Whether modules are searched too.</summary>
    public bool HasModules => _listModules is not null;

    /// <summary>Looks for a type in the kernel's own BTF, and then in those of the modules.</summary>
    /// <param name="name">Its whole name.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="type">The type.</param>
    public bool TryFind(string name, BtfKind kind, out BtfType type)
    {
        if (Btf.TryFind(name, kind, out type))
            return true;
        foreach (CoreTargetBtf module in _modules.Value)
        {
            if (module.Btf.TryFind(name, kind, out type))
                return true;
        }

        return false;
    }

    /// <summary>The types that a root type may correspond to, in the order in which libbpf tries them (<c>bpf_core_find_cands</c>).</summary>
    /// <param name="root">The local type.</param>
    /// <param name="found">Takes them.</param>
    internal void FindCandidates(BtfType root, List<CoreCandidateType> found)
    {
        _main.AddCandidates(root, found);
        if (found.Count == 0)
        {
            foreach (CoreTargetBtf module in _modules.Value)
                module.AddCandidates(root, found);
        }
    }

    /// <summary>All BTFs that have been searched so far.</summary>
    internal IEnumerable<CoreTargetBtf> Searched => _modules.IsValueCreated ? [_main, .. _modules.Value] : [_main];

    private List<CoreTargetBtf> ReadModules()
    {
        var read = new List<CoreTargetBtf>();
        if (_listModules is null)
            return read;
        try
        {
            foreach (CoreModule module in _listModules())
            {
                try
                {
                    read.Add(new CoreTargetBtf(module.Read(), module.Name, OwnTypesOnly: true));
                }
                catch (Exception e) when (IsUnreadable(e))
                {
                    Warn($"module {module.Name} is left out of the search for types: {e.Message}");
                }
            }
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            Warn($"the kernel's modules cannot be listed, so their types are not searched: {e.Message}");
        }

        return read;
    }

    private static bool IsUnreadable(Exception e) => e is BtfFormatException or IOException or UnauthorizedAccessException;

    private void Warn(string text)
    {
        lock (_warnings)
            _warnings.Add(text);
    }
}

/// <summary>A kernel module whose types can be relocated against; its BTF is read only when it is needed.</summary>
/// <param name="name">The module's name.</param>
/// <param name="read">
/// Reads its BTF, with the kernel's as base. A <see cref="BtfFormatException"/>, <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/> makes a warning, not a failure; other exceptions pass.
/// </param>
public sealed class CoreModule(string name, Func<BtfSpec> read)
{
    /// <summary>The module's name.</summary>
    public string Name { get; } = name;

    internal BtfSpec Read() => read();
}

/// <summary>One of the BTFs of a target.</summary>
/// <param name="Btf">Its types.</param>
/// <param name="Name">What messages call it.</param>
/// <param name="OwnTypesOnly">Whether the types of its bases are not searched, because they have been already.</param>
internal sealed record CoreTargetBtf(BtfSpec Btf, string Name, bool OwnTypesOnly)
{
    public BtfTypeList Types => OwnTypesOnly ? Btf.OwnTypes : Btf.Types;

    /// <summary>Adds the types whose essential name and kind are those of a local root type (libbpf: <c>bpf_core_add_cands</c>).</summary>
    public void AddCandidates(BtfType root, List<CoreCandidateType> found)
    {
        foreach (BtfType type in Btf.FindAllFlavors(BtfEssentialName.Of(root.Name.Bytes)))
        {
            if (CoreKinds.AreCompatible(root.Kind, type.Kind) && (!OwnTypesOnly || type.Id >= Btf.FirstId))
                found.Add(new CoreCandidateType(this, type.Id));
        }
    }
}
