using System.Collections;

namespace P3Ebpf.Elf;

/// <summary>The relocations of one section by index.</summary>
public sealed class ElfRelocationTable : IReadOnlyList<ElfRelocation>
{
    private readonly ElfRegion _entries;
    private readonly ElfEncoding _encoding;
    private readonly int _entrySize;

    internal ElfRelocationTable(ElfRegion entries, bool hasAddends)
    {
        _entries = entries;
        _encoding = entries.File.Encoding;
        _entrySize = EntrySize(_encoding, hasAddends);
        HasAddends = hasAddends;
        Count = entries.CountOf(_entrySize);
    }

    /// <summary>Number of relocations.</summary>
    public int Count { get; }

    /// <summary>Whether the entries carry addends (<c>SHT_RELA</c>).</summary>
    public bool HasAddends { get; }

    /// <summary>The relocation at an index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such relocation.</exception>
    public ElfRelocation this[int index]
    {
        get
        {
            if ((uint)index >= (uint)Count)
                throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} relocations.");
            int at = index * _entrySize;
            ulong info = _entries.Word(at + _encoding.WordSize);
            (uint symbol, uint type) = _encoding.Is64 ? ((uint)(info >> 32), (uint)info) : ((uint)info >> 8, (uint)info & 0xff);
            return new ElfRelocation(_entries.Word(at), symbol, type, HasAddends ? Addend(at) : null);
        }
    }

    /// <summary>Enumerates without allocating.</summary>
    public ElfTableEnumerator<ElfRelocationTable, ElfRelocation> GetEnumerator() => new(this);

    IEnumerator<ElfRelocation> IEnumerable<ElfRelocation>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static int EntrySize(ElfEncoding encoding, bool hasAddends) => encoding.WordSize * (hasAddends ? 3 : 2);

    private long Addend(int entry)
    {
        ulong addend = _entries.Word(entry + 2 * _encoding.WordSize);
        return _encoding.Is64 ? (long)addend : (int)addend;
    }
}

/// <summary>One relocation.</summary>
/// <param name="Offset">Where to change something: byte offset in the section (relocatable files), or virtual address.</param>
/// <param name="SymbolIndex">
/// Index in the symbol table that the relocation section's <see cref="ElfSection.Link"/> names; 0 for none.
/// </param>
/// <param name="Type">How; the numbers belong to the <see cref="ElfMachine"/>.</param>
/// <param name="Addend">
/// What to add to the symbol's value; null in <see cref="ElfSectionType.Rel"/> sections, where it stands at the place itself.
/// </param>
public readonly record struct ElfRelocation(ulong Offset, uint SymbolIndex, uint Type, long? Addend);
