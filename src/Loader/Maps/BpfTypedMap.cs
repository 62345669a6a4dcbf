using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>What the typed views of maps have in common. A view does not own the map.</summary>
/// <typeparam name="TKey">The key, laid out as the program has it, padding included.</typeparam>
/// <typeparam name="TValue">The value of one CPU, laid out as the program has it.</typeparam>
/// <typeparam name="TEntry">What an entry holds: a value, or one for each CPU.</typeparam>
public abstract class BpfTypedMap<TKey, TValue, TEntry> : IEnumerable<KeyValuePair<TKey, TEntry>>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private protected BpfTypedMap(BpfMap map, params ReadOnlySpan<BpfMapType> types)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!types.Contains(map.Type))
            throw new ArgumentException($"{map.Description} is not of kind {string.Join(" or ", types.ToArray())}.", nameof(map));
        CheckSize<TKey>(map, "keys", map.KeySize);
        CheckSize<TValue>(map, "values", map.ValueSize);
        Map = map;
    }

    /// <summary>The map.</summary>
    public BpfMap Map { get; }

    /// <summary>Walks the entries as <see cref="BpfMap.Entries"/> does.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public IEnumerator<KeyValuePair<TKey, TEntry>> GetEnumerator()
    {
        BpfMapCursor cursor = Map.Entries();
        while (cursor.MoveNext())
            yield return Convert(cursor.Current);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private protected abstract TEntry ToEntry(ReadOnlySpan<byte> value);

    private protected static ReadOnlySpan<byte> Bytes<T>(ref readonly T item)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in item));

    private KeyValuePair<TKey, TEntry> Convert(BpfMapEntry entry) => new(MemoryMarshal.Read<TKey>(entry.Key), ToEntry(entry.Value));

    private static void CheckSize<T>(BpfMap map, string what, int expected)
    {
        if (Unsafe.SizeOf<T>() != expected)
            throw new ArgumentException(
                $"{map.Description} has {what} of {expected} bytes; {typeof(T).Name} has {Unsafe.SizeOf<T>()}. Mind padding at the end.", nameof(map));
    }
}
