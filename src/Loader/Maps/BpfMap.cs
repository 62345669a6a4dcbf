using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>A map in the kernel. Keys and values are bytes in this machine's order; see <see cref="BpfHashMap{TKey,TValue}"/> and
/// its kin for typed access.</summary>
/// <remarks>Methods may be called from several threads at once.</remarks>
public sealed unsafe class BpfMap : BpfResource
{
    private const int PerCpuAlignment = 8;

    private BpfMap(BpfHandle handle, BpfMapInfo info, BpfMapSpec? spec)
        : base(handle)
    {
        Spec = spec;
        Type = info.Type;
        Name = spec?.Name ?? info.Name;
        KeySize = info.KeySize;
        ValueSize = info.ValueSize;
        MaxEntries = info.MaxEntries;
        Flags = info.Flags;
    }

    /// <summary>What the map was created from; <see langword="null"/> for one that was opened.</summary>
    public BpfMapSpec? Spec { get; }

    /// <summary>The kind of map.</summary>
    public BpfMapType Type { get; }

    /// <summary>The name as given at creation, or as the kernel keeps it for maps opened later.</summary>
    public string Name { get; }

    /// <summary>Bytes of a key.</summary>
    public int KeySize { get; }

    /// <summary>Bytes of a value, of one CPU for per-CPU kinds.</summary>
    public int ValueSize { get; }

    /// <summary>Most entries; bytes for ring buffers.</summary>
    public uint MaxEntries { get; }

    /// <summary>Creation flags.</summary>
    public BpfMapFlags Flags { get; }

    /// <summary>Bytes that reading or writing one entry moves: the value, or for per-CPU kinds the value rounded up to 8 bytes times
    /// the possible CPUs.</summary>
    public int EntryValueSize => Type.IsPerCpu() ? PerCpuStride * KernelCpus.PossibleCount : ValueSize;

    /// <summary>Of an arena that was loaded from an object: its memory. It is given back when the map is disposed.</summary>
    public BpfArena? Arena { get; internal set; }

    /// <summary>Of a struct_ops map that was loaded from an object: its value in the kernel's layout, with the descriptors of its programs.</summary>
    internal byte[]? Callbacks { get; set; }

    /// <summary>What is known of the types of its keys and values.</summary>
    internal BpfMapTypes Types => field ??= BpfMapTypes.Of(this);

    internal int PerCpuStride => (ValueSize + PerCpuAlignment - 1) & -PerCpuAlignment;

    internal override string Description => $"map '{Name}' ({Type})";

    /// <summary>Creates a map.</summary>
    /// <param name="spec">What it is to be. A perf event array without a size gets an entry for each CPU; the size of a ring buffer is rounded up
    /// to a power of two of whole pages.</param>
    /// <param name="options">What of the kernel it refers to; may be left out.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public static BpfMap Create(BpfMapSpec spec, BpfMapCreateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Open(MapCreation.Create(spec, options ?? new BpfMapCreateOptions()), spec);
    }

    /// <summary>Opens a pinned map.</summary>
    /// <exception cref="BpfException">Nothing is pinned there, it is not a map, or access is denied.</exception>
    public static BpfMap FromPin(string path) => FromPin(path, spec: null);

    /// <summary>Opens a map by its id.</summary>
    /// <exception cref="BpfException">There is no such map, or the process may not open by id (CAP_SYS_ADMIN).</exception>
    public static BpfMap FromId(uint id) => Open(OpenById(BpfCommand.MapGetFdById, id, "map"));

    /// <summary>The maps in the kernel, whosever they are, by id. Linux 4.13.</summary>
    /// <exception cref="BpfException">The process may not list (CAP_SYS_ADMIN).</exception>
    public static IReadOnlyList<BpfMapInfo> List() => List(BpfCommand.MapGetNextId, "maps", FromId, map => map.GetInfo());

    /// <summary>Wraps a descriptor that the caller gives up.</summary>
    /// <exception cref="BpfException">It is not of a map.</exception>
    public static BpfMap FromHandle(BpfHandle handle) => FromHandle(handle, spec: null);

    internal static BpfMap FromHandle(BpfHandle handle, BpfMapSpec? spec) => Open(handle, spec);

    internal static BpfMap FromPin(string path, BpfMapSpec? spec)
    {
        BpfMap map = Open(OpenPinned(path, "map"), spec);
        map.PinPath = path;
        return map;
    }

    private static BpfMap Open(BpfHandle handle, BpfMapSpec? spec = null)
    {
        try
        {
            return new BpfMap(handle, ReadInfo(handle, "a map"), spec);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Asks the kernel about the map.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfMapInfo GetInfo() => ReadInfo(Handle, Description);

    private static BpfMapInfo ReadInfo(BpfHandle handle, string description)
    {
        MapInfo info = default;
        ReadInfo(handle, ref info, description);
        return BpfMapInfo.From(info);
    }

    /// <summary>Reads the value of a key.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes; empty for kinds without keys (peeks at queues and stacks).</param>
    /// <param name="value">Receives <see cref="EntryValueSize"/> bytes.</param>
    /// <returns>False when there is no such key.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value) =>
        Found(Element(BpfCommand.MapLookupElem, key, value), BpfCommand.MapLookupElem, "looking up a key in");

    /// <summary>Reads the value of a key.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public byte[] Lookup(ReadOnlySpan<byte> key)
    {
        byte[] value = new byte[EntryValueSize];
        return TryLookup(key, value) ? value : throw new KeyNotFoundException($"The key is not in {Description}.");
    }

    /// <summary>Writes the value of a key.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes; empty for kinds without keys (pushes).</param>
    /// <param name="value"><see cref="EntryValueSize"/> bytes.</param>
    /// <param name="mode">Whether the key may or must exist.</param>
    /// <exception cref="BpfException">The key exists (EEXIST) or does not (ENOENT) against <paramref name="mode"/>, the map is full
    /// (E2BIG), or the kernel refuses otherwise.</exception>
    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, BpfUpdateMode mode = BpfUpdateMode.Any)
    {
        CheckLength(value, EntryValueSize, nameof(value));
        fixed (byte* valuePointer = value)
            Check(Element(BpfCommand.MapUpdateElem, key, valuePointer, (ulong)mode), BpfCommand.MapUpdateElem, "updating a key in");
    }

    /// <summary>Stores a descriptor as the value of a key: a program, a map, a link; or a socket's, for maps of sockets.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void Update(ReadOnlySpan<byte> key, SafeHandle value, BpfUpdateMode mode = BpfUpdateMode.Any)
    {
        ArgumentNullException.ThrowIfNull(value);
        bool isHeld = false;
        try
        {
            value.DangerousAddRef(ref isHeld);
            int descriptor = (int)value.DangerousGetHandle();
            // Maps of sockets may have been defined with 8 bytes.
            long wide = descriptor;
            Update(key, ValueSize == sizeof(long) ? new ReadOnlySpan<byte>(&wide, sizeof(long)) : new ReadOnlySpan<byte>(&descriptor, sizeof(int)), mode);
        }
        finally
        {
            if (isHeld)
                value.DangerousRelease();
        }
    }

    /// <summary>Removes a key.</summary>
    /// <returns>False when there was no such key.</returns>
    /// <exception cref="BpfException">The kernel refuses, as for arrays, whose entries always exist.</exception>
    public bool Delete(ReadOnlySpan<byte> key) =>
        Found(Element(BpfCommand.MapDeleteElem, key, (byte*)null), BpfCommand.MapDeleteElem, "deleting a key from");

    /// <summary>Reads and removes a key in one step, or pops a queue or stack.</summary>
    /// <returns>False when there was no such key, or the queue is empty.</returns>
    /// <exception cref="BpfException">The kernel refuses; hash tables need Linux 5.14.</exception>
    public bool TryLookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value) => Found(
        Element(BpfCommand.MapLookupAndDeleteElem, key, value), BpfCommand.MapLookupAndDeleteElem, "looking up and deleting a key in");

    /// <summary>Finds the key after a key, in no particular order.</summary>
    /// <param name="key">A key, or empty for the first one. A key that is gone counts as empty: the walk starts again.</param>
    /// <param name="next">Receives <see cref="KeySize"/> bytes.</param>
    /// <returns>False after the last key.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryGetNextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        CheckLength(next, KeySize, nameof(next));
        if (!key.IsEmpty)
            CheckLength(key, KeySize, nameof(key));
        fixed (byte* keyPointer = key)
        fixed (byte* nextPointer = next)
        {
            MapElementAttr attributes = default;
            attributes.Key = (ulong)keyPointer;
            attributes.NextKey = (ulong)nextPointer;
            return Found(Invoke(BpfCommand.MapGetNextKey, ref attributes), BpfCommand.MapGetNextKey, "walking the keys of");
        }
    }

    /// <summary>Walks the entries. Entries added or removed meanwhile may be missed; none is seen twice because of a removal.</summary>
    public BpfMapCursor Entries() => new(this);

    /// <summary>Makes the map read-only for user space, for good.</summary>
    /// <exception cref="BpfException">The kernel refuses, as while the map is mapped writable.</exception>
    public void Freeze()
    {
        using BpfHandle.Use use = Handle.Borrow();
        MapFreezeAttr attributes = default;
        attributes.MapFd = use.Descriptor;
        Check(BpfSystemCall.Invoke(BpfCommand.MapFreeze, ref attributes), BpfCommand.MapFreeze, "freezing");
    }

    /// <summary>Maps the values of an array created with <see cref="BpfMapFlags.Mmapable"/> into memory.</summary>
    /// <param name="writable">Whether the memory can be written; not after <see cref="Freeze"/>.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public BpfMapMemory MapMemory(bool writable = true)
    {
        if (!Flags.HasFlag(BpfMapFlags.Mmapable))
            throw new InvalidOperationException($"{Description} was not created with the flag {BpfMapFlags.Mmapable}.");
        int stride = (ValueSize + PerCpuAlignment - 1) & -PerCpuAlignment;
        return new BpfMapMemory(this, checked((int)(stride * (long)MaxEntries)), writable);
    }

    /// <summary>Writes many entries, in one system call where the kernel can (Linux 5.6).</summary>
    /// <param name="keys">The keys, one after the other.</param>
    /// <param name="values">The values, <see cref="EntryValueSize"/> bytes for each key.</param>
    /// <exception cref="BpfException">The kernel refuses an entry; those before it are written.</exception>
    public void UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values)
    {
        int count = CountKeys(keys);
        CheckLength(values, checked(count * EntryValueSize), nameof(values));
        fixed (byte* keyPointer = keys)
        fixed (byte* valuePointer = values)
        {
            int result = Batch(BpfCommand.MapUpdateBatch, keyPointer, valuePointer, count);
            if (!IsBatchMissing(result))
            {
                Check(result, BpfCommand.MapUpdateBatch, "updating keys in");
                return;
            }
        }
        for (int i = 0; i < count; i++)
            Update(keys.Slice(i * KeySize, KeySize), values.Slice(i * EntryValueSize, EntryValueSize));
    }

    /// <summary>Removes many keys, in one system call where the kernel can (Linux 5.6). Keys that are not there are passed over.</summary>
    /// <param name="keys">The keys, one after the other.</param>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public void DeleteBatch(ReadOnlySpan<byte> keys)
    {
        int count = CountKeys(keys);
        fixed (byte* keyPointer = keys)
        {
            int result = Batch(BpfCommand.MapDeleteBatch, keyPointer, null, count);
            if (result >= 0)
                return;
            if (!IsBatchMissing(result) && result != -Errno.ENOENT)
                Check(result, BpfCommand.MapDeleteBatch, "deleting keys from");
        }
        for (int i = 0; i < count; i++)
            _ = Delete(keys.Slice(i * KeySize, KeySize));
    }

    /// <summary>Reads many entries in one system call. Linux 5.6. <see cref="Entries"/> does so too, and copes with kernels and kinds of maps that cannot.</summary>
    /// <param name="position">Where to go on: <see langword="null"/> to begin; afterwards what the last call left, <see langword="null"/> after the last entry.</param>
    /// <param name="keys">Receives the keys, one after the other; its room tells how many at most.</param>
    /// <param name="values">Receives the values, <see cref="EntryValueSize"/> bytes for each key.</param>
    /// <returns>How many entries were read; may be 0 in the middle of a map.</returns>
    /// <exception cref="BpfException">The kernel refuses; ENOSPC where there is too little room for the entries of one bucket of a hash table.</exception>
    public int LookupBatch(ref byte[]? position, Span<byte> keys, Span<byte> values) => Batch(BpfCommand.MapLookupBatch, ref position, keys, values, "reading entries of");

    /// <summary>Reads and removes many entries in one system call. Linux 5.6; hash tables alone.</summary>
    /// <inheritdoc cref="LookupBatch(ref byte[], Span{byte}, Span{byte})"/>
    public int LookupAndDeleteBatch(ref byte[]? position, Span<byte> keys, Span<byte> values) =>
        Batch(BpfCommand.MapLookupAndDeleteBatch, ref position, keys, values, "reading and removing entries of");

    /// <summary>One step of BPF_MAP_LOOKUP_BATCH; the result is the kernel's, negated on error.</summary>
    internal int LookupBatch(ReadOnlySpan<byte> position, Span<byte> nextPosition, Span<byte> keys, Span<byte> values, ref int count) =>
        Batch(BpfCommand.MapLookupBatch, position, nextPosition, keys, values, ref count);

    private int Batch(BpfCommand command, ref byte[]? position, Span<byte> keys, Span<byte> values, string action)
    {
        int count = CountKeys(keys);
        CheckLength(values, checked(count * EntryValueSize), nameof(values));
        if (count == 0)
            throw new ArgumentException("There is no room for a key.", nameof(keys));

        // Hash tables keep a 32-bit bucket number there, whatever the size of a key.
        byte[] next = new byte[Math.Max(KeySize, sizeof(uint))];
        int result = Batch(command, position, next, keys, values, ref count);
        if (result < 0 && result != -Errno.ENOENT)
        {
            throw IsBatchMissing(result)
                ? BpfException.NotSupported($"{action} {Description}", "Batches need Linux 5.6, and a kind of map that has them", command)
                : new BpfException(
                    $"{action} {Description}", -result, command,
                    result == -Errno.ENOSPC ? "One bucket of the hash table holds more entries than there is room for; give more room." : HintFor(-result, command));
        }

        position = result < 0 ? null : next;
        return count;
    }

    private int Batch(BpfCommand command, ReadOnlySpan<byte> position, Span<byte> nextPosition, Span<byte> keys, Span<byte> values, ref int count)
    {
        fixed (byte* inPointer = position)
        fixed (byte* outPointer = nextPosition)
        fixed (byte* keyPointer = keys)
        fixed (byte* valuePointer = values)
        {
            using BpfHandle.Use use = Handle.Borrow();
            MapBatchAttr attributes = default;
            attributes.MapFd = use.Descriptor;
            attributes.InBatch = (ulong)inPointer;
            attributes.OutBatch = (ulong)outPointer;
            attributes.Keys = (ulong)keyPointer;
            attributes.Values = (ulong)valuePointer;
            attributes.Count = (uint)count;
            int result = BpfSystemCall.Invoke(command, ref attributes);
            count = (int)attributes.Count;
            return result;
        }
    }

    // Kernels before 5.6 do not know the command; later ones say ENOTSUPP for kinds without it.
    internal static bool IsBatchMissing(int result) => result is -Errno.EINVAL or -Errno.ENOTSUPP or -Errno.EOPNOTSUPP;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Arena?.Dispose();
        base.Dispose(disposing);
    }

    private int Batch(BpfCommand command, byte* keys, byte* values, int count)
    {
        if (count == 0)
            return 0;
        using BpfHandle.Use use = Handle.Borrow();
        MapBatchAttr attributes = default;
        attributes.MapFd = use.Descriptor;
        attributes.Keys = (ulong)keys;
        attributes.Values = (ulong)values;
        attributes.Count = (uint)count;
        return BpfSystemCall.Invoke(command, ref attributes);
    }

    private int Element(BpfCommand command, ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckLength(value, EntryValueSize, nameof(value));
        fixed (byte* valuePointer = value)
            return Element(command, key, valuePointer);
    }

    private int Element(BpfCommand command, ReadOnlySpan<byte> key, byte* value, ulong flags = 0)
    {
        CheckLength(key, KeySize, nameof(key));
        fixed (byte* keyPointer = key)
        {
            MapElementAttr attributes = default;
            attributes.Key = (ulong)keyPointer;
            attributes.Value = (ulong)value;
            attributes.Flags = flags;
            return Invoke(command, ref attributes);
        }
    }

    private int Invoke(BpfCommand command, ref MapElementAttr attributes)
    {
        using BpfHandle.Use use = Handle.Borrow();
        attributes.MapFd = use.Descriptor;
        return BpfSystemCall.Invoke(command, ref attributes);
    }

    private bool Found(int result, BpfCommand command, string action)
    {
        if (result == -Errno.ENOENT)
            return false;
        Check(result, command, action);
        return true;
    }

    private void Check(int result, BpfCommand command, string action)
    {
        if (result < 0)
            throw new BpfException($"{action} {Description}", -result, command, HintFor(-result, command));
    }

    private string? HintFor(int error, BpfCommand command) => error switch
    {
        Errno.E2BIG when command is BpfCommand.MapUpdateElem or BpfCommand.MapUpdateBatch => $"The map holds {MaxEntries} entries at most.",
        Errno.EINVAL when command == BpfCommand.MapDeleteElem && Type is (BpfMapType.Array or BpfMapType.PercpuArray) => "The entries of an array are always there; write zeroes instead.",
        Errno.EINVAL when Type == BpfMapType.LpmTrie => $"A key begins with the length of the prefix, a 32-bit number: here at most {8 * (KeySize - sizeof(uint))} bits.",
        Errno.EINVAL when command == BpfCommand.MapUpdateElem && Type is (BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps or BpfMapType.ProgArray) => "What it is to hold differs from what it was made for: kind and sizes of its maps, type of its programs.",
        Errno.EPERM when Flags != BpfMapFlags.None => $"The map may be frozen, or its flags ({Flags}) forbid it.",
        _ => BpfErrorHint.For(command, error),
    };

    private int CountKeys(ReadOnlySpan<byte> keys) =>
        KeySize > 0 && keys.Length % KeySize == 0
            ? keys.Length / KeySize
            : throw new ArgumentException($"{keys.Length} bytes are not a whole number of keys of {KeySize} bytes.", nameof(keys));

    private void CheckLength(ReadOnlySpan<byte> span, int expected, string parameter)
    {
        if (span.Length != expected)
            throw new ArgumentException($"{Description} takes {expected} bytes here, not {span.Length}.", parameter);
    }
}
