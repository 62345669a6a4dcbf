namespace P3Ebpf.Loader.Maps;

/// <summary>A typed view of a hash table with one value for each possible CPU.</summary>
/// <typeparam name="TKey">The key, laid out as the program has it.</typeparam>
/// <typeparam name="TValue">The value of one CPU, laid out as the program has it.</typeparam>
public sealed class BpfPerCpuHashMap<TKey, TValue> : BpfTypedMap<TKey, TValue, TValue[]>
    where TKey : unmanaged
    where TValue : unmanaged
{
    /// <summary>Views a map.</summary>
    /// <exception cref="ArgumentException">The map is of another kind, or its keys or values have another size.</exception>
    public BpfPerCpuHashMap(BpfMap map)
        : base(map, BpfMapType.PercpuHash, BpfMapType.LruPercpuHash)
    {
    }

    /// <summary>Reads the values of a key, indexed by CPU; null when there is no such key.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public TValue[]? Find(TKey key)
    {
        byte[] value = new byte[Map.EntryValueSize];
        return Map.TryLookup(Bytes(ref key), value) ? ToEntry(value) : null;
    }

    /// <summary>Writes the values of a key, one for each possible CPU.</summary>
    /// <exception cref="BpfException">The key exists or does not against <paramref name="mode"/>, or the map is full.</exception>
    public void Update(TKey key, ReadOnlySpan<TValue> values, BpfUpdateMode mode = BpfUpdateMode.Any) =>
        Map.Update(Bytes(ref key), PerCpuValues.Write(values, Map.PerCpuStride), mode);

    /// <summary>Removes a key.</summary>
    /// <returns>False when there was no such key.</returns>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool Remove(TKey key) => Map.Delete(Bytes(ref key));

    private protected override TValue[] ToEntry(ReadOnlySpan<byte> value) => PerCpuValues.Read<TValue>(value, Map.PerCpuStride);
}
