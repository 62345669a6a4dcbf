using System.Collections;
using System.Text;

namespace P3Ebpf.Elf;

/// <summary>The symbols of one section by index; symbol 0 is the empty one.</summary>
public sealed class ElfSymbolTable : IReadOnlyList<ElfSymbol>
{
    private readonly ElfRegion? _extendedSectionIndices;

    internal ElfSymbolTable(ElfRegion entries, ElfStringTable strings, ElfRegion? extendedSectionIndices)
    {
        Entries = entries;
        Strings = strings;
        EntrySize = entries.File.Encoding.SymbolSize;
        Count = entries.CountOf(EntrySize);
        _extendedSectionIndices = extendedSectionIndices;
        if (extendedSectionIndices is not null && extendedSectionIndices.Length / sizeof(uint) < Count)
            throw extendedSectionIndices.Error(ElfErrorCode.BadTableSize, 0,
                $"it holds {extendedSectionIndices.Length / sizeof(uint)} section indices for {Count} symbols. {ElfFile.Rebuild}");
    }

    /// <summary>Number of symbols, the empty one included.</summary>
    public int Count { get; }

    internal ElfRegion Entries { get; }

    internal ElfStringTable Strings { get; }

    internal int EntrySize { get; }

    /// <summary>The symbol at an index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such symbol.</exception>
    public ElfSymbol this[int index] =>
        (uint)index < (uint)Count
            ? new ElfSymbol(this, index)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} symbols.");

    /// <summary>
    /// The symbol at an index taken from the file, such as <see cref="ElfRelocation.SymbolIndex"/>; false if there is none.
    /// </summary>
    public bool TryGet(uint index, out ElfSymbol symbol)
    {
        bool exists = index < (uint)Count;
        symbol = exists ? this[(int)index] : default;
        return exists;
    }

    /// <summary>The first symbol of this name; false if there is none. Looks at one symbol after the other.</summary>
    /// <exception cref="ElfFormatException">The name of a symbol before it is outside the string table.</exception>
    public bool TryGet(string name, out ElfSymbol symbol)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryGet(Encoding.UTF8.GetBytes(name), out symbol);
    }

    /// <summary>The first symbol of this name, given in UTF-8; false if there is none. Looks at one symbol after the other.</summary>
    /// <exception cref="ElfFormatException">The name of a symbol before it is outside the string table.</exception>
    public bool TryGet(ReadOnlySpan<byte> name, out ElfSymbol symbol)
    {
        for (int index = 1; index < Count; index++)
            if (Strings.Matches(this[index].NameOffset, name))
            {
                symbol = this[index];
                return true;
            }
        symbol = default;
        return false;
    }

    /// <summary>Enumerates without allocating.</summary>
    public ElfTableEnumerator<ElfSymbolTable, ElfSymbol> GetEnumerator() => new(this);

    IEnumerator<ElfSymbol> IEnumerable<ElfSymbol>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The entry of the <c>SHT_SYMTAB_SHNDX</c> section; without one, the marker that refers to it.</summary>
    internal uint ExtendedSectionIndex(int index) =>
        _extendedSectionIndices?.UInt32(index * sizeof(uint)) ?? ElfSectionIndex.Extended;
}
