using System.Runtime.InteropServices;
using P3Ebpf.Btf;
using P3Ebpf.CoRe;

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
    private readonly List<BpfMap> _pinned = [];
    private BtfObject? _btf;

    public BpfObject Load()
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("BPF objects can be inspected on every system, and loaded on Linux only.");
        if (!spec.IsNative)
            throw new BpfObjectFormatException($"it is compiled for {spec.ByteOrder} machines, this one is not", spec.Path ?? spec.Name, hint: "Compile it with -target bpf on this machine, or with -target bpfel or bpfeb.");

        var externs = new ExternResolver(spec, options);
        try
        {
            BpfObjectRelocation relocation = Relocate();
            foreach (BpfMapSpec map in spec.Maps.Where(m => m.IsData))
                _initialValues[map] = map.InitialValue.ToArray();
            externs.Resolve(spec.Maps.TryGet(BpfObjectSections.KernelConfig, out BpfMapSpec? config) ? _initialValues[config] : []);
            LoadBtf();
            foreach (BpfMapSpec map in spec.Maps.Where(IsWanted))
                _maps.Add(map, CreateMap(map));
            var linker = new ProgramLinker(spec, relocation, _maps, externs.Resolved);
            foreach (BpfProgramSpec program in spec.Programs.Where(p => p.IsAutoLoaded))
                _programs.Add(program, LoadProgram(program, linker.Link(program.Function), relocation, externs));
            FillSlots();
            return new BpfObject(spec, relocation, _maps, _programs);
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

    private static bool IsWanted(BpfMapSpec map) => map.IsAutoCreated && (!map.IsData || KernelFeature.GlobalData.IsSupported());

    private BpfObjectRelocation Relocate()
    {
        if (!spec.HasCoreRelocations)
            return BpfObjectRelocation.None(spec);
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
            _btf = null;
        }
    }

    private BpfMap CreateMap(BpfMapSpec map)
    {
        if (map.Replacement is { } replacement)
            return Compatible(map, BpfMap.FromHandle(replacement.Handle.Duplicate()));
        string? pin = map.PinPath ?? (map.IsPinnedByName ? Path.Combine(options.PinRoot, map.Name) : null);
        if (pin is not null && File.Exists(pin))
            return Compatible(map, BpfMap.FromPin(pin));

        using BpfMap? inner = map.Inner is null ? null : CreateNew(map.Inner, null);
        BpfMap created = CreateNew(map, inner);
        try
        {
            if (_initialValues.TryGetValue(map, out byte[]? value))
                SetInitialValue(map, created, value);
            if (pin is not null)
            {
                created.Pin(pin);
                _pinned.Add(created);
            }

            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
    }

    /// <summary>Types are a convenience: a kernel that refuses them for this map gets it without.</summary>
    private BpfMap CreateNew(BpfMapSpec map, BpfMap? inner)
    {
        BpfMapOptions mapOptions = OptionsOf(map, inner, typed: true);
        try
        {
            return BpfMap.Create(mapOptions);
        }
        catch (BpfException e) when (mapOptions.Btf is not null && !e.IsNotPermittedOrSupported)
        {
            return BpfMap.Create(OptionsOf(map, inner, typed: false));
        }
    }

    private static void SetInitialValue(BpfMapSpec map, BpfMap created, byte[] value)
    {
        created.Update([0, 0, 0, 0], value);
        if (map.IsReadOnly)
            created.Freeze();
    }

    private static BpfMap Compatible(BpfMapSpec map, BpfMap existing)
    {
        string? difference =
            existing.Type != map.Type ? $"type {existing.Type} instead of {map.Type}"
            : existing.KeySize != map.KeySize ? $"keys of {existing.KeySize} bytes instead of {map.KeySize}"
            : existing.ValueSize != map.ValueSize ? $"values of {existing.ValueSize} bytes instead of {map.ValueSize}"
            : existing.MaxEntries != map.MaxEntries ? $"{existing.MaxEntries} entries instead of {map.MaxEntries}"
            : null;
        if (difference is null)
            return existing;
        existing.Dispose();
        throw new BpfException($"using an existing map as '{map.Name}'", Errno.EINVAL, hint: $"The existing map has {difference}; unpin it, or load the object that it belongs to.");
    }

    private BpfMapOptions OptionsOf(BpfMapSpec map, BpfMap? inner, bool typed)
    {
        BpfMapFlags flags = map.Flags;
        if (map.IsData && !KernelFeature.ArrayMmap.IsSupported())
            flags &= ~BpfMapFlags.Mmapable;
        typed &= _btf is not null && map.Type.AcceptsBtf() && (map.BtfKeyTypeId | map.BtfValueTypeId) != 0;
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

        bool hasTarget = (program.Definition?.Flags & BpfSectionFlags.TargetInBtf) != 0;
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
        try
        {
            BpfProgram loaded = BpfProgram.Load(programOptions, MemoryMarshal.Cast<BpfInstruction, ulong>(linked.Instructions));
            loaded.Spec = program;
            BindConstants(loaded);
            return loaded;
        }
        catch (BpfVerifierException e)
        {
            throw VerifierExplanation.Explain(e, spec, relocation, linked);
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

    private void FillSlots()
    {
        foreach ((BpfMapSpec map, BpfMap created) in _maps)
        {
            foreach ((int slot, BpfSlotValue value) in map.Slots)
            {
                BpfHandle? handle = value.Map is not null ? _maps.GetValueOrDefault(value.Map)?.Handle
                    : _programs.GetValueOrDefault(value.Program!)?.Handle;
                if (handle is not null)
                    created.Update(BitConverter.GetBytes(slot), handle);
            }
        }
    }

    private void Release()
    {
        foreach (BpfMap map in _pinned)
            map.Unpin();
        foreach (BpfProgram program in _programs.Values)
            program.Dispose();
        foreach (BpfMap map in _maps.Values)
            map.Dispose();
    }
}
