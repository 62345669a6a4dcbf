namespace P3Ebpf.Loader;

/// <summary>Makes a kernel object of a specification; whatever was made is released again when a step fails. The order is libbpf's
/// (<c>bpf_object_prepare</c>): CO-RE before linking, constants frozen before the programs are verified.</summary>
internal sealed class BpfObjectLoader(BpfObjectSpec spec, BpfLoadOptions options) : IDisposable
{
    private readonly ModuleDescriptors _modules = new();
    private BtfObject? _btf;
    private BpfException? _btfFailure;

    public BpfObject Load()
    {
        Check();
        using BpfToken? token = BpfToken.Find(options.TokenPath);
        using IDisposable? privilege = token?.Use();
        var structOps = new StructOpsResolver(spec, options.Kernel);
        var maps = new MapLoader(spec, options, structOps, _modules);
        using BpfPinScope pins = BpfFs.Prepare(maps.NewPins);
        BpfObjectRelocation relocation = Relocate();
        var externs = new ExternResolver(spec, options, _modules);
        externs.Resolve(maps.ValueOf(BpfObjectSections.KernelConfig));
        structOps.Resolve();
        LoadBtf(isRequired: structOps.Values.Count > 0);
        var programs = new ProgramLoader(spec, options, relocation, structOps, _modules, _btf, _btfFailure);
        try
        {
            maps.Create(_btf, pins);
            programs.Load(maps.Created, new ProgramLinker(spec, relocation, maps.Descriptors, externs.Resolved, maps.ArenaGlobals));
            maps.FillSlots(programs.Loaded);
            var loaded = new BpfObject(spec, relocation, maps.Created, programs.Loaded);
            pins.Complete();
            return loaded;
        }
        catch
        {
            programs.Release();
            maps.Release();
            throw;
        }
    }

    public void Dispose()
    {
        _btf?.Dispose();
        _modules.Dispose();
    }

    private void Check()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("BPF objects can be inspected on every system, and loaded on Linux only.");
        if (!spec.IsNative)
            throw new BpfObjectFormatException($"it is compiled for {spec.ByteOrder} machines, this one is not", spec.Path ?? spec.Name, hint: "Compile it with -target bpf on this machine, or with -target bpfel or bpfeb.");
    }

    private BpfObjectRelocation Relocate()
    {
        if (!spec.HasCoreRelocations)
            return spec.Relocate(target: null);
        BpfObjectRelocation relocation = spec.Relocate(options.Target ?? options.Kernel.CoreTarget, includeOptional: false);
        return relocation.Failure is { } failure
            ? throw new CoreRelocationException(spec, failure.Function.Function, failure.Result)
            : relocation;
    }

    /// <summary>
    /// Types make maps and errors readable, and few programs cannot do without: a kernel that refuses them still gets the rest. Only struct_ops maps
    /// always take them. A token may delegate programs and maps without them.
    /// </summary>
    private void LoadBtf(bool isRequired)
    {
        if (spec.KernelBtf is not { } prepared || !KernelFeature.BtfLoading.IsSupported())
            return;
        try
        {
            BtfSpec downgraded = BtfDowngrader.Downgrade(BtfSpec.Parse(prepared.Value.Bytes), KernelFeature.SupportedBtf);
            _btf = BtfObject.Load(downgraded.Data.Span);
        }
        catch (BpfException e) when (!isRequired && (e.Kind == BpfFailureKind.Failed || BpfToken.Current is not null))
        {
            _btfFailure = e;
        }
    }
}
