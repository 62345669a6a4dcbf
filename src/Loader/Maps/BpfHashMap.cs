using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>A typed view of a hash table, an LRU hash table or a map of longest prefixes.</summary>
/// <typeparam name="TKey">The key, laid out as the program has it.</typeparam>
/// <typeparam name="TValue">The value, laid out as the program has it.</typeparam>
public sealed class BpfHashMap<[DynamicallyAccessedMembers(ManagedType.Needed)] TKey, [DynamicallyAccessedMembers(ManagedType.Needed)] TValue> : BpfTypedMap<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    /// <summary>Looks at a map through types.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its keys or values are laid out otherwise.</exception>
    public BpfHashMap(BpfMap map)
        : base(map, BpfMapType.Hash, BpfMapType.LruHash, BpfMapType.LpmTrie, BpfMapType.Rhash) => MapTypeCheck.RequireValue<TValue>(map);

    /// <inheritdoc/>
    public override bool TryGetValue(TKey key, out TValue value)
    {
        value = default;
        return Map.TryLookup(Bytes(ref key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)));
    }

    /// <inheritdoc/>
    public override void Update(TKey key, TValue value, BpfUpdateMode mode = BpfUpdateMode.Any) => Map.Update(Bytes(ref key), Bytes(ref value), mode);

    /// <summary>Adds a key with its value.</summary>
    /// <returns>Whether it was not there before; if it was, it keeps its value.</returns>
    /// <exception cref="BpfException">The kernel refuses, as when the map is full.</exception>
    public bool TryAdd(TKey key, TValue value) => TryAddKey(key, value);

    /// <summary>Removes a key.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool Remove(TKey key) => RemoveKey(key);

    /// <summary>Removes a key and gives its last value, in one step.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="BpfException">The kernel refuses: hash tables can do it since Linux 5.14.</exception>
    public bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        value = default;
        return Map.TryLookupAndDelete(Bytes(ref key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)));
    }

    private protected override TValue ToValue(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<TValue>(bytes);
}

/// <summary>A typed view of a hash table with one value for each possible CPU.</summary>
/// <typeparam name="TKey">The key, laid out as the program has it.</typeparam>
/// <typeparam name="TValue">The value of one CPU, laid out as the program has it.</typeparam>
public sealed class BpfPerCpuHashMap<[DynamicallyAccessedMembers(ManagedType.Needed)] TKey, [DynamicallyAccessedMembers(ManagedType.Needed)] TValue> : BpfTypedMap<TKey, TValue[]>
    where TKey : unmanaged
    where TValue : unmanaged
{
    /// <summary>Looks at a map through types.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its keys or values are laid out otherwise.</exception>
    public BpfPerCpuHashMap(BpfMap map)
        : base(map, BpfMapType.PercpuHash, BpfMapType.LruPercpuHash) => MapTypeCheck.RequireValue<TValue>(map);

    /// <inheritdoc/>
    public override bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue[] value)
    {
        byte[] bytes = new byte[Map.EntryValueSize];
        value = Map.TryLookup(Bytes(ref key), bytes) ? ToValue(bytes) : null;
        return value is not null;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is not a value for each possible CPU.</exception>
    public override void Update(TKey key, TValue[] value, BpfUpdateMode mode = BpfUpdateMode.Any) =>
        Map.Update(Bytes(ref key), PerCpuValues.Write<TValue>(value, Map.PerCpuStride), mode);

    /// <inheritdoc cref="BpfHashMap{TKey, TValue}.TryAdd"/>
    public bool TryAdd(TKey key, TValue[] value) => TryAddKey(key, value);

    /// <inheritdoc cref="BpfHashMap{TKey, TValue}.Remove(TKey)"/>
    public bool Remove(TKey key) => RemoveKey(key);

    private protected override TValue[] ToValue(ReadOnlySpan<byte> bytes) => PerCpuValues.Read<TValue>(bytes, Map.PerCpuStride);
}
