
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
            : Requirement(spec) ?? $"Check key size ({spec.KeySize}), value size ({spec.ValueSize}), entries ({spec.MaxEntries}) and flags ({spec.Flags}).";
    }

    /// <summary>What a kind of map asks for, where the specification does not meet it (map_alloc_check and map_alloc of kernel/bpf).</summary>
    private static string? Requirement(BpfMapSpec spec)
    {
        const int FrameLength = sizeof(ulong);
        const int MostFrames = 127;
        bool isSized = spec.KeySize == sizeof(uint) && spec.MaxEntries != 0;
        return spec.Type switch
        {
            BpfMapType.StackTrace when !isSized || spec.ValueSize < FrameLength || spec.ValueSize % FrameLength != 0 =>
                $"A stack map needs max_entries (here {spec.MaxEntries}), a key of 4 bytes ({spec.KeySize}) and a value of {FrameLength} bytes a frame ({spec.ValueSize}), at most {MostFrames} frames: "
                + $"__uint(value_size, {MostFrames} * sizeof(__u64)).",
            BpfMapType.Ringbuf or BpfMapType.UserRingbuf when spec.KeySize != 0 || spec.ValueSize != 0 || spec.MaxEntries == 0 =>
                $"A ring buffer has no key ({spec.KeySize}) and no value ({spec.ValueSize}); max_entries is its size in bytes ({spec.MaxEntries}).",
            BpfMapType.Array or BpfMapType.PercpuArray or BpfMapType.ProgArray or BpfMapType.PerfEventArray when spec.KeySize != sizeof(uint) =>
                $"The key of an array is a 32-bit index: 4 bytes, not {spec.KeySize}.",
            _ when spec.MaxEntries == 0 && spec.Type is not (BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage or BpfMapType.StructOps) =>
                "Give it max_entries: __uint(max_entries, N); here it is 0.",
            _ => null,
        };
    }
}
