using System.Collections;

namespace P3Ebpf.Elf;

/// <summary>Enumerates a table without allocating.</summary>
/// <typeparam name="TTable">The table.</typeparam>
/// <typeparam name="TItem">Its entries.</typeparam>
public struct ElfTableEnumerator<TTable, TItem> : IEnumerator<TItem>
    where TTable : IReadOnlyList<TItem>
{
    private readonly TTable _table;
    private readonly int _count;
    private int _index;

    internal ElfTableEnumerator(TTable table)
    {
        _table = table;
        _count = table.Count;
        _index = -1;
    }

    /// <inheritdoc/>
    public readonly TItem Current => _table[_index];

    readonly object? IEnumerator.Current => Current;

    /// <inheritdoc/>
    public bool MoveNext() => ++_index < _count;

    /// <inheritdoc/>
    public void Reset() => _index = -1;

    /// <inheritdoc/>
    public readonly void Dispose()
    {
    }
}
