namespace P3Ebpf.Loader;

/// <summary>Loads the programs of an object.</summary>
/// <param name="spec">The object.</param>
/// <param name="options">How it is loaded.</param>
/// <param name="relocation">Its instructions after CO-RE, for explanations.</param>
/// <param name="structOps">The callbacks that programs are to be.</param>
/// <param name="modules">The BTF of modules that programs refer to.</param>
/// <param name="btf">The object's types in the kernel, where it took them.</param>
/// <param name="btfFailure">Why it did not.</param>
internal sealed class ProgramLoader(
    BpfObjectSpec spec, BpfLoadOptions options, BpfObjectRelocation relocation, StructOpsResolver structOps, ModuleDescriptors modules, BtfObject? btf, BpfException? btfFailure)
{
    private readonly Dictionary<BpfProgramSpec, BpfProgram> _loaded = [];

    /// <summary>The programs that are there by now.</summary>
    public IReadOnlyDictionary<BpfProgramSpec, BpfProgram> Loaded => _loaded;

    /// <summary>Loads all that are wanted.</summary>
    public void Load(IReadOnlyDictionary<BpfMapSpec, BpfMap> maps, ProgramLinker linker)
    {
        foreach (BpfProgramSpec program in spec.ProgramsToLoad)
        {
            BpfProgram loaded = Load(program, linker.Link(program.Function));
            _loaded.Add(program, loaded);
            loaded.ObjectMaps = [.. maps.Values];
            BindConstants(loaded, maps);
        }
    }

    public void Release()
    {
        foreach (BpfProgram program in _loaded.Values)
            program.Dispose();
    }

    private BpfProgram Load(BpfProgramSpec program, LinkedProgram linked)
    {
        if (program.Type == BpfProgramType.Unspec)
        {
            throw new BpfObjectFormatException(
                $"program '{program.Name}' is in a section whose name tells no program type", spec.Path ?? spec.Name, program.SectionName,
                hint: SectionHint(program.SectionName));
        }

        bool dropsAttachType = (program.Definition?.Flags & BpfSectionFlags.OptionalAttachType) != 0 && !KernelFeature.ExpectedAttachType.IsSupported();
        bool hasTarget = program.Type is (BpfProgramType.Tracing or BpfProgramType.Lsm or BpfProgramType.Ext) && program.AttachPoint is not BpfTracingMulti;
        StructOpsMember? callback = program.Type == BpfProgramType.StructOps ? CallbackOf(program) : null;
        BpfProgram? targetProgram = hasTarget ? options.AttachPrograms.GetValueOrDefault(program.Name) : null;
        KernelType? target = hasTarget && targetProgram is null ? AttachTargetResolver.Resolve(program, options.Kernel) : callback?.Struct;
        bool typed = btf is not null && KernelFeature.BtfFunc.IsSupported() && linked.FuncInfo.Length > 0;
        var programOptions = new BpfProgramOptions
        {
            Spec = program,
            Type = program.Type,
            Name = program.Name,
            License = spec.License,
            ExpectedAttachType = callback is not null ? (BpfAttachType)callback.Index
                : dropsAttachType ? default
                : program.ExpectedAttachType ?? AttachTypeOfUsdt(program) ?? default,
            Flags = program.Flags,
            InterfaceIndex = program.InterfaceIndex,
            Btf = typed ? btf : null,
            FuncInfo = typed ? linked.FuncInfo : default,
            FuncInfoRecordSize = linked.FuncInfoRecordLength,
            LineInfo = typed ? linked.LineInfo : default,
            LineInfoRecordSize = linked.LineInfoRecordLength,
            AttachBtfId = targetProgram is not null ? AttachTargetResolver.Resolve(program, targetProgram) : target?.Type.Id.Value ?? 0,
            AttachProgram = targetProgram,
            AttachBtf = target?.Module is { } module ? modules.Of(module) : null,
            FdArray = modules.ToArray(),
            LogLevel = options.VerifierLogLevel,
        };
        try
        {
            using var jumpTables = new JumpTables(program, linked);
            return BpfProgram.Load(programOptions, linked.Instructions);
        }
        catch (BpfVerifierException e)
        {
            throw VerifierExplanation.Explain(e, spec, relocation, linked, btfFailure);
        }
    }

    private static string SectionHint(string section)
    {
        string[] near = [.. BpfSectionDefinitions.Near(section).Select(name => $"SEC(\"{name}\")")];
        string meant = near.Length == 0 ? "such as tracepoint/CATEGORY/NAME" : $"that libbpf 1.0 and later take, perhaps {string.Join(" or ", near)}";
        return $"Use a section name {meant}, or set the program's type.";
    }

    private StructOpsMember CallbackOf(BpfProgramSpec program) => structOps.Members.GetValueOrDefault(program) ?? throw new BpfException(
        $"loading program '{program.Name}'", Errno.EINVAL,
        hint: $"SEC(\"{program.SectionName}\"): no struct_ops map has it as a callback; make it a member of one, or set IsAutoLoaded to false.");

    /// <summary>Static probes are attached at all their sites by one link, where the kernel has it.</summary>
    private static BpfAttachType? AttachTypeOfUsdt(BpfProgramSpec program) =>
        program.AttachPoint is BpfUsdt && KernelFeature.UprobeMulti.IsSupported() ? BpfAttachType.TraceUprobeMulti : null;

    /// <summary>Keeps constants that no instruction refers to (such as build metadata) alive with the program.</summary>
    private static void BindConstants(BpfProgram program, IReadOnlyDictionary<BpfMapSpec, BpfMap> maps)
    {
        if (!KernelFeature.ProgBindMap.IsSupported())
            return;
        foreach ((BpfMapSpec map, BpfMap created) in maps)
        {
            if (map.IsReadOnly)
                program.Bind(created);
        }
    }
}
