using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>A typed view of a hash table, an LRU hash table or a map of longest prefixes.</summary>
/// <typeparam name="TKey">The key, laid out as the program has it.</typeparam>
/// <typeparam name="TValue">The value, laid out as the program has it.</typeparam>
public sealed class BpfHashMap<TKey, TValue> : BpfTypedMap<TKey, TValue, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    /// <summary>Views a map.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its keys or values have another size.</exception>
    public BpfHashMap(BpfMap map)
        : base(map, BpfMapType.Hash, BpfMapType.LruHash, BpfMapType.LpmTrie, BpfMapType.Rhash)
    {
    }

    /// <summary>The value of a key; setting creates or replaces it.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key to read.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public TValue this[TKey key]
    {
        get => TryGetValue(key, out TValue value) ? value : throw new KeyNotFoundException($"{key} is not in {Map.Description}.");
        set => Update(key, value);
    }

    /// <summary>Reads the value of a key.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool TryGetValue(TKey key, out TValue value)
    {
        value = default;
        return Map.TryLookup(Bytes(ref key), MemoryMarshal.AsBytes(new Span<TValue>(ref value)));
    }

    /// <summary>Writes the value of a key.</summary>
    /// <exception cref="BpfException">The key exists or does not against <paramref name="mode"/>, or the map is full.</exception>
    public void Update(TKey key, TValue value, BpfUpdateMode mode = BpfUpdateMode.Any) => Map.Update(Bytes(ref key), Bytes(ref value), mode);

    /// <summary>Removes a key.</summary>
    /// <returns>False when there was no such key.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool Remove(TKey key) => Map.Delete(Bytes(ref key));

    private protected override TValue ToEntry(ReadOnlySpan<byte> value) => MemoryMarshal.Read<TValue>(value);
}
