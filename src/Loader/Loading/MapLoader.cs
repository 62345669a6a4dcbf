namespace P3Ebpf.Loader;

/// <summary>Creates the maps of an object, or takes those that exist already, and fills them.</summary>
internal sealed class MapLoader
{
    private readonly BpfObjectSpec _spec;
    private readonly BpfLoadOptions _options;
    private readonly Dictionary<BpfMapSpec, BpfMap> _created = [];
    private readonly Dictionary<BpfMapSpec, byte[]> _initialValues = [];
    private readonly HashSet<BpfMapSpec> _reused = [];
    private readonly StructOpsResolver _structOps;
    private readonly ModuleDescriptors _modules;

    public MapLoader(BpfObjectSpec spec, BpfLoadOptions options, StructOpsResolver structOps, ModuleDescriptors modules)
    {
        _spec = spec;
        _options = options;
        _structOps = structOps;
        _modules = modules;
        foreach (BpfMapSpec map in spec.Maps.Where(m => m.IsData))
            _initialValues.Add(map, InitialValueOf(map));
        if (spec.Maps.FirstOrDefault(IsArena) is { IsAutoCreated: true } arena)
            ArenaGlobals = BpfArena.GlobalsOffsetOf(arena);
    }

    /// <summary>The maps that are there by now.</summary>
    public IReadOnlyDictionary<BpfMapSpec, BpfMap> Created => _created;

    /// <summary>Where in the arena its global variables begin.</summary>
    public long ArenaGlobals { get; }

    /// <summary>Their descriptors, which instructions carry.</summary>
    public IReadOnlyDictionary<BpfMapSpec, int> Descriptors => _created.ToDictionary(map => map.Key, map => map.Value.Handle.Descriptor);

    /// <summary>Where maps will be pinned that are not yet.</summary>
    public IEnumerable<string> NewPins => _spec.Maps.Where(IsWanted).Select(PinPathOf).OfType<string>().Where(path => !File.Exists(path));

    /// <summary>What a map of variables will hold when it is created; empty where the object has no such map.</summary>
    public byte[] ValueOf(string map) => _spec.Maps.TryGet(map, out BpfMapSpec? found) && _initialValues.TryGetValue(found, out byte[]? value) ? value : [];

    /// <summary>Creates all that are wanted.</summary>
    /// <param name="btf">The object's types in the kernel, where it took them.</param>
    /// <param name="pins">Where new pins are entered.</param>
    public void Create(BtfObject? btf, BpfPinScope pins)
    {
        foreach (BpfMapSpec map in _spec.Maps.Where(IsWanted))
            _created.Add(map, OpenOrCreate(map, btf, pins));
    }

    /// <summary>Puts maps and programs into the slots and callbacks that the object fills. The inner maps of a map that existed before are its owner's; a
    /// program array serves whoever fills it last.</summary>
    public void FillSlots(IReadOnlyDictionary<BpfProgramSpec, BpfProgram> programs)
    {
        foreach ((BpfMapSpec map, BpfMap created) in _created)
        {
            foreach ((int slot, BpfSlotValue value) in map.Slots)
            {
                BpfResource? resource = value.Program is { } program ? programs.GetValueOrDefault(program)
                    : _reused.Contains(map) ? null
                    : _created.GetValueOrDefault(value.Map!);
                if (resource is not null)
                    created.Update(BitConverter.GetBytes(slot), resource.Handle);
            }

            // Written when it is attached: that may already put it into force.
            if (_structOps.Values.TryGetValue(map, out StructOpsValue? callbacks) && !_reused.Contains(map))
                created.Callbacks = callbacks.WithPrograms(programs);
        }
    }

    public void Release()
    {
        foreach (BpfMap map in _created.Values)
            map.Dispose();
    }

    private static bool IsArena(BpfMapSpec map) => map.Type == BpfMapType.Arena;

    private static bool IsWanted(BpfMapSpec map) => map.IsAutoCreated && (!map.IsData || KernelFeature.GlobalData.IsSupported());

    private string? PinPathOf(BpfMapSpec map) => _options.MapReplacements.ContainsKey(map.Name) ? null
        : map.PinPath ?? (map.IsPinnedByName ? Path.Combine(_options.PinRoot, map.Name) : null);

    /// <summary>A map of variables that was made larger ends in zeroes.</summary>
    private static byte[] InitialValueOf(BpfMapSpec map)
    {
        if (map.ValueSize < map.InitialValue.Length)
            throw new BpfException($"creating map '{map.Name}'", Errno.EINVAL, hint: $"Its variables take {map.InitialValue.Length} bytes; a value size of {map.ValueSize} is too small.");
        byte[] value = new byte[map.ValueSize];
        map.InitialValue.Span.CopyTo(value);
        return value;
    }

    private BpfMap OpenOrCreate(BpfMapSpec map, BtfObject? btf, BpfPinScope pins)
    {
        if (_options.MapReplacements.TryGetValue(map.Name, out BpfMap? replacement))
            return Reuse(map, BpfMap.FromHandle(replacement.Handle.Duplicate(), map), mayDifferInSize: true);
        string? pin = PinPathOf(map);
        if (pin is not null && File.Exists(pin))
            return Reuse(map, BpfMap.FromPin(pin, map), mayDifferInSize: false);

        BpfMap created = Create(map, btf);
        try
        {
            if (_initialValues.TryGetValue(map, out byte[]? value))
                SetInitialValue(map, created, value);
            if (IsArena(map))
                created.Arena = BpfArena.Fill(created, map); // programs are loaded for its address
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

    private BpfMap Create(BpfMapSpec map, BtfObject? btf)
    {
        if (_structOps.Values.TryGetValue(map, out StructOpsValue? callbacks))
        {
            return BpfMap.Create(map, new BpfMapCreateOptions
            {
                Btf = btf,
                ValueSize = callbacks.Bytes.Length,
                BtfVmlinuxValueTypeId = callbacks.Type.Type.Id.Value,
                ValueTypeBtf = callbacks.Type.Module is { } module ? _modules.Of(module) : null,
            });
        }

        using BpfMap? inner = map.Inner is null ? null : CreateTypedOrNot(map.Inner, btf, null);
        return CreateTypedOrNot(map, btf, inner);
    }

    /// <summary>Kernels differ in the maps that they take types for. Types are for show, except where the kernel finds its own fields in values.</summary>
    private static BpfMap CreateTypedOrNot(BpfMapSpec map, BtfObject? btf, BpfMap? inner)
    {
        bool typed = btf is not null && map.Type.AcceptsBtf() && (map.BtfKeyTypeId | map.BtfValueTypeId) != 0;
        try
        {
            return BpfMap.Create(map, new BpfMapCreateOptions { Btf = typed ? btf : null, InnerMap = inner });
        }
        catch (BpfException e) when (typed && e.Kind != BpfFailureKind.NotPermitted)
        {
            return BpfMap.Create(map, new BpfMapCreateOptions { InnerMap = inner });
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
            if (Difference(map, existing.GetInfo(), mayDifferInSize) is { } difference)
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

    private string? Difference(BpfMapSpec wanted, BpfMapInfo existing, bool mayDifferInSize)
    {
        // The kernel adds this flag to device maps by itself.
        BpfMapFlags ignored = wanted.Type is BpfMapType.Devmap or BpfMapType.DevmapHash ? BpfMapFlags.ReadOnlyProgram : BpfMapFlags.None;
        BpfMapFlags flags = MapCreation.FlagsOf(wanted);
        uint entries = MapCreation.EntriesOf(wanted);
        int valueSize = _structOps.Values.TryGetValue(wanted, out StructOpsValue? callbacks) ? callbacks.Bytes.Length : wanted.ValueSize;
        return existing.Type != wanted.Type ? $"type {existing.Type} instead of {wanted.Type}"
            : existing.KeySize != wanted.KeySize ? $"keys of {existing.KeySize} bytes instead of {wanted.KeySize}"
            : existing.ValueSize != valueSize ? $"values of {existing.ValueSize} bytes instead of {valueSize}"
            : mayDifferInSize ? null
            : existing.MaxEntries != entries ? $"{existing.MaxEntries} entries instead of {entries}"
            : (existing.Flags & ~ignored) != (flags & ~ignored) ? $"flags {existing.Flags} instead of {flags}"
            : existing.Extra != wanted.Extra ? $"map_extra {existing.Extra} instead of {wanted.Extra}"
            : null;
    }
}
