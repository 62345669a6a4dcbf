using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace P3Ebpf.Object;

/// <summary>The programs, maps or variables of an object, in the order of the file and by name.</summary>
/// <typeparam name="T">What the collection holds.</typeparam>
public sealed class BpfNamedList<T> : IReadOnlyList<T>
    where T : class
{
    private readonly List<T> _items;
    private readonly Dictionary<string, T> _byName = new(StringComparer.Ordinal);
    private readonly string _what;

    /// <summary>Makes a list.</summary>
    /// <param name="what">What an item is, for messages: <c>map</c>, <c>program</c>.</param>
    /// <param name="items">The items; of several with one name, the first is found by it.</param>
    /// <param name="nameOf">The name of an item.</param>
    public BpfNamedList(string what, IEnumerable<T> items, Func<T, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(nameOf);
        _what = what;
        _items = [.. items];
        foreach (T item in _items)
            _ = _byName.TryAdd(nameOf(item), item);
    }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <inheritdoc/>
    public T this[int index] => _items[index];

    /// <summary>The one with this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message lists what there is.</exception>
    public T this[string name] => TryGet(name, out T? item) ? item : throw new KeyNotFoundException(Missing(name));

    /// <summary>The one with this name, if there is one.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out T? item) => _byName.TryGetValue(name, out item);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string Missing(string name) => _byName.Count == 0
        ? $"There is no {_what} '{name}': the object has none at all."
        : $"There is no {_what} '{name}'; there is {string.Join(", ", _byName.Keys.Take(20))}{(_byName.Count > 20 ? ", …" : string.Empty)}.";
}
