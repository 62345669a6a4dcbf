using System.Runtime.InteropServices;

namespace P3Ebpf.Loader;

/// <summary>
/// Makes a kernel object of a specification. The order matters: CO-RE before linking, constants frozen before the programs are
/// verified. Whatever was made is released again when a step fails.
/// </summary>
internal sealed class BpfObjectLoader(BpfObjectSpec spec, BpfLoadOptions options)
{
    private readonly Dictionary<BpfMapSpec, BpfMap> _maps = [];
    private readonly Dictionary<BpfProgramSpec, BpfProgram> _programs = [];
    private readonly Dictionary<BpfMapSpec, byte[]> _initialValues = [];
    private readonly HashSet<BpfMapSpec> _reused = [];
    private BtfObject? _btf;
    private BpfException? _btfFailure;

    public BpfObject Load()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("BPF objects can be inspected on every system, and loaded on Linux only.");
        if (!spec.IsNative)
            throw new BpfObjectFormatException($"it is compiled for {spec.ByteOrder} machines, this one is not", spec.Path ?? spec.Name, hint: "Compile it with -target bpf on this machine, or with -target bpfel or bpfeb.");

        var externs = new ExternResolver(spec, options);
        using BpfPinScope pins = BpfFs.Prepare(spec.Maps.Where(IsWanted).Select(PinPathOf).OfType<string>().Where(path => !File.Exists(path)));
        try
        {
            BpfObjectRelocation relocation = Relocate();
            foreach (BpfMapSpec map in spec.Maps.Where(m => m.IsData))
                _initialValues[map] = InitialValueOf(map);
            externs.Resolve(spec.Maps.TryGet(BpfObjectSections.KernelConfig, out BpfMapSpec? config) ? _initialValues[config] : []);
            LoadBtf();
            foreach (BpfMapSpec map in spec.Maps.Where(IsWanted))
                _maps.Add(map, OpenOrCreate(map, pins));
            var linker = new ProgramLinker(spec, relocation, _maps.ToDictionary(m => m.Key, m => m.Value.Handle.Descriptor), externs.Resolved);
            foreach (BpfProgramSpec program in spec.Programs.Where(p => p.IsAutoLoaded))
                _programs.Add(program, LoadProgram(program, linker.Link(program.Function), relocation, externs));
            FillSlots();
            var loaded = new BpfObject(spec, relocation, _maps, _programs);
            pins.Complete();
            return loaded;
        }
        catch
        {
            Release();
            throw;
        }
        finally
        {
            _btf?.Dispose();
            foreach (BtfObject module in externs.Modules)
                module.Dispose();
        }
    }

    private string? PinPathOf(BpfMapSpec map) => options.MapReplacements.ContainsKey(map.Name) ? null
        : map.PinPath ?? (map.IsPinnedByName ? Path.Combine(options.PinRoot, map.Name) : null);

    private static bool IsWanted(BpfMapSpec map) => map.IsAutoCreated && (!map.IsData || KernelFeature.GlobalData.IsSupported());

    private BpfObjectRelocation Relocate()
    {
        if (!spec.HasCoreRelocations)
            return spec.Relocate(target: null);
        BpfObjectRelocation relocation = spec.Relocate(options.Target ?? KernelBtf.Target, includeOptional: false);
        return relocation.Failure is { } failure
            ? throw new CoreRelocationException(spec, failure.Function.Function, failure.Result)
            : relocation;
    }

    /// <summary>Types make maps and errors readable, and few programs cannot do without: a kernel that refuses them still gets the rest.</summary>
    private void LoadBtf()
    {
        if (spec.KernelBtf is not { } bytes || !KernelFeature.Btf.IsSupported())
            return;
        try
        {
            BtfSpec downgraded = BtfDowngrader.Downgrade(BtfSpec.Parse(bytes), KernelBtfFeatures.Current);
            _btf = BtfObject.Load(downgraded.Data.Span);
        }
        catch (BpfException e) when (e.Kind == BpfFailureKind.Failed)
        {
            _btfFailure = e;
        }
    }

    /// <summary>A map of variables that was made larger ends in zeroes.</summary>
    private static byte[] InitialValueOf(BpfMapSpec map)
    {
        if (map.ValueSize < map.InitialValue.Length)
            throw new BpfException($"creating map '{map.Name}'", Errno.EINVAL, hint: $"Its variables take {map.InitialValue.Length} bytes; a value size of {map.ValueSize} is too small.");
        byte[] value = new byte[map.ValueSize];
        map.InitialValue.Span.CopyTo(value);
        return value;
    }

    private BpfMap OpenOrCreate(BpfMapSpec map, BpfPinScope pins)
    {
        if (options.MapReplacements.TryGetValue(map.Name, out BpfMap? replacement))
            return Reuse(map, BpfMap.FromHandle(replacement.Handle.Duplicate()), mayDifferInSize: true);
        string? pin = PinPathOf(map);
        if (pin is not null && File.Exists(pin))
            return Reuse(map, BpfMap.FromPin(pin), mayDifferInSize: false);

        BpfMap created = CreateMap(map);
        try
        {
            if (_initialValues.TryGetValue(map, out byte[]? value))
                SetInitialValue(map, created, value);
            if (pin is not null)
                pins.Pin(created, pin);
            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    private BpfMap CreateMap(BpfMapSpec map)
    {
        using BpfMap? inner = map.Inner is null ? null : CreateTypedOrNot(OptionsOf(map.Inner, null));
        return CreateTypedOrNot(OptionsOf(map, inner));
    }

    /// <summary>Kernels differ in the maps that they take types for. Types are for show, except where the kernel finds its own fields in values.</summary>
    private static BpfMap CreateTypedOrNot(BpfMapOptions wanted)
    {
        try
        {
            return BpfMap.Create(wanted);
        }
        catch (BpfException e) when (wanted.Btf is not null && e.Kind != BpfFailureKind.NotPermitted)
        {
            return BpfMap.Create(wanted with { Btf = null, BtfKeyTypeId = 0, BtfValueTypeId = 0 });
        }
    }

    private static void SetInitialValue(BpfMapSpec map, BpfMap created, byte[] value)
    {
        created.Update([0, 0, 0, 0], value);
        if (map.IsReadOnly)
            created.Freeze();
    }

    private BpfMap Reuse(BpfMapSpec map, BpfMap existing, bool mayDifferInSize)
    {
        try
        {
            if (Difference(OptionsOf(map, null), existing.GetInfo(), mayDifferInSize) is { } difference)
                throw new BpfException($"using an existing map as '{map.Name}'", Errno.EINVAL, hint: $"The existing map has {difference}; unpin it, or load the object that it belongs to.");
            _ = _reused.Add(map);
            return existing;
        }
        catch
        {
            existing.Dispose();
            throw;
        }
    }

    private static string? Difference(BpfMapOptions wanted, BpfMapInfo existing, bool mayDifferInSize)
    {
        // The kernel adds this flag to device maps by itself.
        BpfMapFlags ignored = wanted.Type is BpfMapType.Devmap or BpfMapType.DevmapHash ? BpfMapFlags.ReadOnlyProgram : BpfMapFlags.None;
        return existing.Type != wanted.Type ? $"type {existing.Type} instead of {wanted.Type}"
            : existing.KeySize != wanted.KeySize ? $"keys of {existing.KeySize} bytes instead of {wanted.KeySize}"
            : existing.ValueSize != wanted.ValueSize ? $"values of {existing.ValueSize} bytes instead of {wanted.ValueSize}"
            : mayDifferInSize ? null
            : existing.MaxEntries != wanted.MaxEntries ? $"{existing.MaxEntries} entries instead of {wanted.MaxEntries}"
            : (existing.Flags & ~ignored) != (wanted.Flags & ~ignored) ? $"flags {existing.Flags} instead of {wanted.Flags}"
            : existing.Extra != wanted.Extra ? $"map_extra {existing.Extra} instead of {wanted.Extra}"
            : null;
    }

    private BpfMapOptions OptionsOf(BpfMapSpec map, BpfMap? inner)
    {
        BpfMapFlags flags = map.Flags;
        if (map.IsData && !KernelFeature.ArrayMmap.IsSupported())
            flags &= ~BpfMapFlags.Mmapable;
        bool typed = _btf is not null && map.Type.AcceptsBtf() && (map.BtfKeyTypeId | map.BtfValueTypeId) != 0;
        return new BpfMapOptions
        {
            Type = map.Type,
            KeySize = map.KeySize,
            ValueSize = map.ValueSize,
            MaxEntries = EntriesOf(map),
            Flags = flags,
            Name = map.KernelName,
            NumaNode = map.NumaNode,
            Extra = map.Extra,
            InnerMap = inner,
            Btf = typed ? _btf : null,
            BtfKeyTypeId = typed ? map.BtfKeyTypeId : 0,
            BtfValueTypeId = typed ? map.BtfValueTypeId : 0,
        };
    }

    private static uint EntriesOf(BpfMapSpec map) => map.Type switch
    {
        BpfMapType.PerfEventArray when map.MaxEntries == 0 => (uint)CpuSet.PossibleCount,
        BpfMapType.Ringbuf or BpfMapType.UserRingbuf when map.MaxEntries > 0 => RingSize(map.MaxEntries),
        _ => map.MaxEntries,
    };

    /// <summary>A ring's size is a power of two of whole pages.</summary>
    private static uint RingSize(uint asked)
    {
        ulong size = (ulong)Environment.SystemPageSize;
        while (size < asked && size < 1UL << 31)
            size *= 2;
        return (uint)size;
    }

    private BpfProgram LoadProgram(BpfProgramSpec program, LinkedProgram linked, BpfObjectRelocation relocation, ExternResolver externs)
    {
        if (program.Type == BpfProgramType.Unspec)
        {
            throw new BpfObjectFormatException(
                $"program '{program.Name}' is in a section whose name tells no program type", spec.Path ?? spec.Name, program.SectionName,
                hint: "Use a section name such as tracepoint/CATEGORY/NAME, or set the program's type.");
        }

        bool hasTarget = program.Type is BpfProgramType.Tracing or BpfProgramType.Lsm or BpfProgramType.Ext;
        bool dropsAttachType = (program.Definition?.Flags & BpfSectionFlags.OptionalAttachType) != 0 && !KernelFeature.ExpectedAttachType.IsSupported();
        (uint attachId, BtfObject? attachModule) = hasTarget ? AttachTargetResolver.Resolve(program) : default;
        bool typed = _btf is not null && KernelFeature.BtfFunc.IsSupported() && linked.FuncInfo.Length > 0;
        var programOptions = new BpfProgramOptions
        {
            Type = program.Type,
            Name = program.Name,
            License = spec.License,
            ExpectedAttachType = dropsAttachType ? default : program.ExpectedAttachType ?? default,
            Flags = program.Flags,
            Btf = typed ? _btf : null,
            FuncInfo = typed ? linked.FuncInfo : default,
            FuncInfoRecordSize = linked.FuncInfoRecordLength,
            LineInfo = typed ? linked.LineInfo : default,
            LineInfoRecordSize = linked.LineInfoRecordLength,
            AttachBtfId = attachId,
            AttachBtf = attachModule,
            FdArray = FdArrayOf(externs),
            LogLevel = options.VerifierLogLevel,
        };
        BpfProgram? loaded = null;
        try
        {
            loaded = BpfProgram.Load(programOptions, MemoryMarshal.Cast<BpfInstruction, ulong>(linked.Instructions));
            loaded.Spec = program;
            BindConstants(loaded);
            return loaded;
        }
        catch (BpfVerifierException e)
        {
            throw VerifierExplanation.Explain(e, spec, relocation, linked, _btfFailure);
        }
        catch
        {
            loaded?.Dispose();
            throw;
        }
        finally
        {
            attachModule?.Dispose();
        }
    }

    /// <summary>Index 0 of the list stands for the kernel itself.</summary>
    private static int[] FdArrayOf(ExternResolver externs) =>
        externs.Modules.Count == 0 ? [] : [0, .. externs.Modules.Select(m => m.Handle.Descriptor)];

    /// <summary>Keeps constants that no instruction refers to (such as build metadata) alive with the program.</summary>
    private void BindConstants(BpfProgram program)
    {
        if (!KernelFeature.ProgBindMap.IsSupported())
            return;
        foreach ((BpfMapSpec map, BpfMap created) in _maps)
        {
            if (map.IsReadOnly)
                program.Bind(created);
        }
    }

    /// <summary>The inner maps of a map that existed before are its owner's; a program array serves whoever fills it last.</summary>
    private void FillSlots()
    {
        foreach ((BpfMapSpec map, BpfMap created) in _maps)
        {
            foreach ((int slot, BpfSlotValue value) in map.Slots)
            {
                BpfResource? resource = value.Program is { } program ? _programs.GetValueOrDefault(program)
                    : _reused.Contains(map) ? null
                    : _maps.GetValueOrDefault(value.Map!);
                if (resource is not null)
                    created.Update(BitConverter.GetBytes(slot), resource.Handle);
            }
        }
    }

    private void Release()
    {
        foreach (BpfProgram program in _programs.Values)
            program.Dispose();
        foreach (BpfMap map in _maps.Values)
            map.Dispose();
    }
}
