
namespace P3Ebpf.Loader.Maps;

/// <summary>BPF_MAP_CREATE: what a specification becomes in the kernel, and why one is refused.</summary>
internal static class MapCreation
{
    /// <inheritdoc cref="BpfMap.Create"/>
    public static BpfHandle Create(BpfMapSpec spec, BpfMapCreateOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(spec.KeySize, nameof(spec));
        ArgumentOutOfRangeException.ThrowIfNegative(spec.ValueSize, nameof(spec));

        MapCreateAttr attributes = default;
        attributes.MapType = spec.Type;
        attributes.KeySize = (uint)spec.KeySize;
        attributes.ValueSize = (uint)(options.ValueSize ?? spec.ValueSize);
        attributes.MaxEntries = EntriesOf(spec);
        attributes.MapFlags = FlagsOf(spec);
        attributes.MapExtra = spec.Extra;
        attributes.InterfaceIndex = options.InterfaceIndex;
        attributes.Name = KernelName.From(spec.KernelName);
        if (spec.NumaNode is int node)
        {
            attributes.NumaNode = (uint)node;
            attributes.MapFlags |= BpfMapFlags.NumaNode;
        }
        if (options.InnerMap is not null)
            attributes.InnerMapFd = options.InnerMap.Handle.Descriptor;
        if (options.Btf is not null)
        {
            attributes.BtfFd = options.Btf.Handle.Descriptor;
            attributes.BtfKeyTypeId = spec.BtfKeyTypeId;
            attributes.BtfValueTypeId = spec.BtfValueTypeId;
        }
        attributes.BtfVmlinuxValueTypeId = options.BtfVmlinuxValueTypeId;
        if (options.ValueTypeBtf is not null)
        {
            attributes.ValueTypeBtfObjFd = options.ValueTypeBtf.Handle.Descriptor;
            attributes.MapFlags |= BpfMapFlags.VtypeBtfObjFd;
        }

        int descriptor = Memlock.Guard(BpfCommand.MapCreate, ref attributes);
        if (descriptor == -Errno.EINVAL && !KernelFeature.ObjectNames.IsSupported())
        {
            attributes.Name = default;
            descriptor = Memlock.Guard(BpfCommand.MapCreate, ref attributes);
        }
        GC.KeepAlive(options);
        return descriptor >= 0
            ? BpfHandle.Own(descriptor)
            : throw new BpfException($"creating map '{spec.Name}' ({spec.Type})", -descriptor, BpfCommand.MapCreate, CreationHint(-descriptor, spec));
    }

    /// <summary>Kernels before 5.5 cannot map the values of arrays into memory.</summary>
    public static BpfMapFlags FlagsOf(BpfMapSpec spec) =>
        spec.IsData && !KernelFeature.ArrayMmap.IsSupported() ? spec.Flags & ~BpfMapFlags.Mmapable : spec.Flags;

    public static uint EntriesOf(BpfMapSpec spec) => spec.Type switch
    {
        BpfMapType.PerfEventArray when spec.MaxEntries == 0 => (uint)KernelCpus.PossibleCount,
        BpfMapType.Ringbuf or BpfMapType.UserRingbuf when spec.MaxEntries > 0 => RingSize(spec.MaxEntries),
        _ => spec.MaxEntries,
    };

    private static uint RingSize(uint asked)
    {
        ulong size = (ulong)Environment.SystemPageSize;
        while (size < asked && size < 1UL << 31)
            size *= 2;
        return (uint)size;
    }

    /// <summary>Why the kernel may not know a kind of map or one of its flags.</summary>
    private static string? CreationHint(int error, BpfMapSpec spec)
    {
        if (error != Errno.EINVAL)
            return BpfErrorHint.For(BpfCommand.MapCreate, error);

        Version needed = spec.Type.Since();
        foreach (BpfMapFlags flag in Enum.GetValues<BpfMapFlags>())
            if (flag != BpfMapFlags.None && spec.Flags.HasFlag(flag) && flag.Since() > needed)
                needed = flag.Since();

        return needed > KernelVersion.Current
            ? $"Such a map needs Linux {needed}; this is Linux {KernelVersion.Release}."
            : spec.SizeProblem ?? $"Check key size ({spec.KeySize}), value size ({spec.ValueSize}), entries ({spec.MaxEntries}) and flags ({spec.Flags}).";
    }
}
