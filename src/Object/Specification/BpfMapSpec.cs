namespace P3Ebpf.Object;

/// <summary>A map as the object describes it: one of <c>.maps</c>, the global variables of a data section, or a struct of callbacks. Editable until loaded.</summary>
public sealed class BpfMapSpec
{
    /// <summary>BPF_OBJ_NAME_LEN without the terminating zero.</summary>
    private const int MaxNameLength = 15;

    /// <summary>Describes a map of one's own.</summary>
    /// <param name="name">What to call it.</param>
    public BpfMapSpec(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Name = name;
        KernelName = KernelNameFrom(name);
    }

    /// <summary>The variable's name, or for global variables that of the section: <c>.data</c>, <c>.bss</c>, <c>.rodata.str1.1</c>.</summary>
    public string Name { get; }

    /// <summary>The type of map.</summary>
    public BpfMapType Type { get; set; }

    /// <summary>Bytes of a key.</summary>
    public int KeySize { get; set; }

    /// <summary>Bytes of a value; of a per-CPU map, for one processor.</summary>
    public int ValueSize { get; set; }

    /// <summary>The most entries; of a ring buffer, its bytes.</summary>
    public uint MaxEntries { get; set; }

    /// <summary>Flags of the creation.</summary>
    public BpfMapFlags Flags { get; set; }

    /// <summary>The NUMA node to allocate on, where one was asked for.</summary>
    public int? NumaNode { get; set; }

    /// <summary>A number whose meaning depends on the type of map (<c>map_extra</c>).</summary>
    public ulong Extra { get; set; }

    /// <summary>Whether the object asks for the map to be pinned, and shared, under its name (<c>LIBBPF_PIN_BY_NAME</c>).</summary>
    public bool IsPinnedByName { get; set; }

    /// <summary>Where the map is to be taken from, or pinned; <see langword="null"/> where it is neither.</summary>
    public string? PinPath { get; set; }

    /// <summary>Whether the map is created; instructions that use one that is not must be dead code.</summary>
    public bool IsAutoCreated { get; set; } = true;

    /// <summary>The type of a key in the object's BTF, or 0.</summary>
    public uint BtfKeyTypeId { get; internal set; }

    /// <summary>The type of a value in the object's BTF, or 0.</summary>
    public uint BtfValueTypeId { get; internal set; }

    /// <summary>
    /// The type of a record of a ring or perf buffer, or of a ring that user space writes, in the object's BTF, or 0. No map definition says it: the source declares beside the map a pointer
    /// called after it, of <c>events</c> for example <c>struct event *events_record;</c>.
    /// </summary>
    public uint BtfRecordTypeId { get; internal set; }

    /// <summary>What the inner maps look like, of a map of maps.</summary>
    public BpfMapSpec? Inner { get; internal set; }

    /// <summary>The struct of callbacks that the map hands to the kernel; <see langword="null"/> for other kinds of map.</summary>
    public BpfStructOpsSpec? StructOps { get; internal init; }

    /// <summary>Whether a map of callbacks is put into force when the whole object is attached.</summary>
    public bool IsAutoAttached { get; set; } = true;

    /// <summary>The bytes of the global variables (of an arena, those in it), or of a struct of callbacks; empty for other maps of <c>.maps</c>.</summary>
    public Memory<byte> InitialValue => Data?.Value ?? Memory<byte>.Empty;

    /// <summary>Whether this holds global variables.</summary>
    public bool IsData { get; internal init; }

    /// <summary>Whether this holds constants: the map is frozen before the programs are verified.</summary>
    public bool IsReadOnly { get; internal init; }

    /// <summary>What the kernel is to call the map; at most 15 characters.</summary>
    internal string KernelName { get; init; }

    /// <summary>What the ids of types are of; <see langword="null"/> for a map of one's own.</summary>
    internal BtfSpec? Btf { get; set; }

    /// <summary>The bytes of the global variables. Zeroed ones take no room in the file, so they get memory only when looked at.</summary>
    internal Lazy<byte[]>? Data { get; set; }

    /// <summary>The section that defines the map, and bytes from its start: what relocations refer to.</summary>
    internal (int Index, long Offset) Place { get; init; }

    /// <summary>Bytes from the start of the definition to <c>values</c>; <see langword="null"/> where the map has none.</summary>
    internal long? ValuesOffset { get; set; }

    /// <summary>What <c>values = { … }</c> puts into the slots: maps or programs.</summary>
    internal SortedDictionary<int, BpfSlotValue> Slots { get; } = [];

    /// <summary>What the type of map asks of the sizes, where they do not meet it, in full sentences (map_alloc_check and map_alloc of kernel/bpf).</summary>
    internal string? SizeProblem
    {
        get
        {
            const int FrameLength = sizeof(ulong);
            const int MostFrames = 127;
            bool isSized = KeySize == sizeof(uint) && MaxEntries != 0;
            return Type switch
            {
                BpfMapType.StackTrace when !isSized || ValueSize < FrameLength || ValueSize % FrameLength != 0 =>
                    $"A stack map needs max_entries (here {MaxEntries}), a key of 4 bytes ({KeySize}) and a value of {FrameLength} bytes a frame ({ValueSize}), at most {MostFrames} frames: "
                    + $"__uint(value_size, {MostFrames} * sizeof(__u64)).",
                BpfMapType.Ringbuf or BpfMapType.UserRingbuf when KeySize != 0 || ValueSize != 0 || MaxEntries == 0 =>
                    $"A ring buffer has no key ({KeySize}) and no value ({ValueSize}); max_entries is its size in bytes ({MaxEntries}).",
                BpfMapType.Array or BpfMapType.PercpuArray or BpfMapType.ProgArray or BpfMapType.PerfEventArray when KeySize != sizeof(uint) =>
                    $"The key of an array is a 32-bit index: 4 bytes, not {KeySize}.",
                BpfMapType.PerfEventArray or BpfMapType.StructOps or BpfMapType.CgroupStorage or BpfMapType.PercpuCgroupStorage => null,
                BpfMapType.SkStorage or BpfMapType.InodeStorage or BpfMapType.TaskStorage or BpfMapType.CgrpStorage => null,
                _ when MaxEntries == 0 => "Give it max_entries: __uint(max_entries, N); here it is 0.",
                _ => null,
            };
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The kernel takes 15 characters out of [A-Za-z0-9_.].</summary>
    internal static string KernelNameFrom(string name) =>
        new([.. name.Take(MaxNameLength).Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? c : '_')]);

    /// <summary>Data maps are called after object and section, with at least seven characters for the section.</summary>
    internal static string KernelNameOfData(string objectName, string sectionName)
    {
        if (sectionName.Count(c => c == '.') >= 2)
            return KernelNameFrom(sectionName);
        int prefix = MaxNameLength - Math.Max(7, sectionName.Length);
        return KernelNameFrom(objectName[..Math.Clamp(prefix, 0, objectName.Length)] + sectionName);
    }
}

/// <summary>What the object puts into a slot of a map of maps or of a program array.</summary>
/// <param name="Map">The inner map, or <see langword="null"/>.</param>
/// <param name="Program">The program, or <see langword="null"/>.</param>
internal sealed record BpfSlotValue(BpfMapSpec? Map, BpfProgramSpec? Program);
