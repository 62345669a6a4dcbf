using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Maps;

/// <summary>What the typed views of maps have in common: they read and write like a dictionary. A view does not own the map.</summary>
/// <typeparam name="TKey">The key, laid out as the program has it, padding included.</typeparam>
/// <typeparam name="TValue">What an entry holds: a value laid out as the program has it, or one for each CPU.</typeparam>
/// <remarks>Sizes and, where the object or the kernel has BTF for the map, fields are compared when a view is made; see <see cref="BpfOpaqueAttribute"/>.
/// Programs change maps at any time, so there is no count, and an enumeration shows what it meets.</remarks>
public abstract class BpfTypedMap<[DynamicallyAccessedMembers(ManagedType.Needed)] TKey, TValue> : IEnumerable<KeyValuePair<TKey, TValue>>
    where TKey : unmanaged
{
    private protected BpfTypedMap(BpfMap map, params ReadOnlySpan<BpfMapType> types)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!types.Contains(map.Type))
            throw new ArgumentException($"{map.Description} is not of kind {string.Join(" or ", types.ToArray())}.", nameof(map));
        MapTypeCheck.RequireKey<TKey>(map);
        Map = map;
    }

    /// <summary>The map.</summary>
    public BpfMap Map { get; }

    /// <summary>The keys, as an enumeration meets them.</summary>
    public IEnumerable<TKey> Keys => this.Select(entry => entry.Key);

    /// <summary>The values, as an enumeration meets them.</summary>
    public IEnumerable<TValue> Values => this.Select(entry => entry.Value);

    /// <summary>The value of a key. Setting adds the key or replaces its value.</summary>
    /// <exception cref="KeyNotFoundException">The key is not in the map.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in the array.</exception>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public TValue this[TKey key]
    {
        get => TryGetValue(key, out TValue? value) ? value : throw Missing(key);
        set => Update(key, value, BpfUpdateMode.Any);
    }

    /// <summary>The value of a key, if it is in the map.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public abstract bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Whether a key is in the map.</summary>
    /// <exception cref="BpfException">The kernel refuses.</exception>
    public bool ContainsKey(TKey key) => TryGetValue(key, out _);

    /// <summary>Sets the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="mode">Whether the key may, must or must not be there before.</param>
    /// <exception cref="BpfException">The kernel refuses: the map is full, or the key is there or missing against <paramref name="mode"/>.</exception>
    public abstract void Update(TKey key, TValue value, BpfUpdateMode mode = BpfUpdateMode.Any);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator()
    {
        BpfMapCursor cursor = Map.Entries();
        while (cursor.MoveNext())
            yield return Convert(cursor.Current);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Makes a value of the kernel's bytes.</summary>
    private protected abstract TValue ToValue(ReadOnlySpan<byte> bytes);

    private protected virtual Exception Missing(TKey key) => new KeyNotFoundException($"{key} is not in {Map.Description}.");

    private protected static ReadOnlySpan<byte> Bytes<T>(ref readonly T item)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in item));

    /// <summary>Adds a key that is not there.</summary>
    private protected bool TryAddKey(TKey key, TValue value)
    {
        try
        {
            Update(key, value, BpfUpdateMode.NoExist);
            return true;
        }
        catch (BpfException e) when (e.Error == Errno.EEXIST)
        {
            return false;
        }
    }

    private protected bool RemoveKey(TKey key) => Map.Delete(Bytes(ref key));

    private KeyValuePair<TKey, TValue> Convert(BpfMapEntry entry) => new(MemoryMarshal.Read<TKey>(entry.Key), ToValue(entry.Value));
}
