using System.Collections;

namespace P3Ebpf.Elf;

/// <summary>The dynamic section up to its end mark: what the dynamic linker is told. Empty in relocatable and static files.</summary>
public sealed class ElfDynamicTable : IReadOnlyList<ElfDynamicEntry>
{
    private readonly ElfRegion _entries;
    private readonly ElfStringTable? _strings;

    /// <param name="entries">The entries; what follows the end mark is not looked at.</param>
    /// <param name="strings">The string table where a section header names it; else it is found through <c>DT_STRTAB</c>.</param>
    internal ElfDynamicTable(ElfRegion entries, ElfStringTable? strings = null)
    {
        _entries = entries;
        Count = FindEnd();
        _strings = strings ?? ReadStrings();
    }

    /// <summary>Number of entries, the end mark not included.</summary>
    public int Count { get; }

    /// <summary>The libraries that are needed, in order (<c>DT_NEEDED</c>).</summary>
    /// <exception cref="ElfFormatException">Thrown on reaching a name that is outside the string table.</exception>
    public IEnumerable<string> Needed => this.Where(entry => entry.Tag == ElfDynamicTag.Needed).Select(GetString);

    /// <summary>The library's own name; null if it has none (<c>DT_SONAME</c>).</summary>
    /// <exception cref="ElfFormatException">The name is outside the string table.</exception>
    public string? SoName => FindString(ElfDynamicTag.SoName);

    /// <summary>Where to search libraries, before the environment; null if not stated (<c>DT_RPATH</c>).</summary>
    /// <exception cref="ElfFormatException">The string is outside the string table.</exception>
    public string? RPath => FindString(ElfDynamicTag.RPath);

    /// <summary>Where to search libraries, after the environment; null if not stated (<c>DT_RUNPATH</c>).</summary>
    /// <exception cref="ElfFormatException">The string is outside the string table.</exception>
    public string? RunPath => FindString(ElfDynamicTag.RunPath);

    internal ElfStringTable Strings =>
        _strings ?? throw _entries.Error(ElfErrorCode.BadDynamic, 0,
            $"the dynamic section uses strings but names no string table (DT_STRTAB, DT_STRSZ). {ElfFile.Rebuild}");

    /// <summary>The entry at an index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    public ElfDynamicEntry this[int index] =>
        (uint)index < (uint)Count
            ? EntryAt(index)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} dynamic entries.");

    /// <summary>The value of the first entry with this tag; false if there is none.</summary>
    public bool TryGet(ElfDynamicTag tag, out ulong value)
    {
        foreach (ElfDynamicEntry entry in this)
            if (entry.Tag == tag)
            {
                value = entry.Value;
                return true;
            }
        value = 0;
        return false;
    }

    /// <summary>The string that an entry such as <see cref="ElfDynamicTag.Needed"/> refers to.</summary>
    /// <exception cref="ElfFormatException">It is outside the string table.</exception>
    public string GetString(ElfDynamicEntry entry) => Utf8Text.Of(Strings.GetBytes(entry.Value));

    /// <summary>Enumerates without allocating.</summary>
    public ElfTableEnumerator<ElfDynamicTable, ElfDynamicEntry> GetEnumerator() => new(this);

    IEnumerator<ElfDynamicEntry> IEnumerable<ElfDynamicEntry>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int FindEnd()
    {
        // PT_DYNAMIC may be padded, so a rest that makes no entry is no fault.
        int capacity = _entries.Length / _entries.File.Encoding.DynamicEntrySize;
        int count = 0;
        while (count < capacity && EntryAt(count).Tag != ElfDynamicTag.Null)
            count++;
        return count;
    }

    private ElfDynamicEntry EntryAt(int index)
    {
        ElfEncoding encoding = _entries.File.Encoding;
        int at = index * encoding.DynamicEntrySize;
        ulong tag = _entries.Word(at);
        return new ElfDynamicEntry((ElfDynamicTag)(encoding.Is64 ? (long)tag : (int)tag), _entries.Word(at + encoding.WordSize));
    }

    private ElfStringTable? ReadStrings()
    {
        if (!TryGet(ElfDynamicTag.StrTab, out ulong address) || !TryGet(ElfDynamicTag.StrSize, out ulong size))
            return null;
        ElfFile file = _entries.File;
        if (!file.Segments.TryMap(address, out ulong offset, out _))
            throw _entries.Error(ElfErrorCode.BadDynamic, 0,
                $"the string table's address 0x{address:x} is in no loadable segment. {ElfFile.Rebuild}");
        return new ElfStringTable(file.ReadRegion(ElfErrorCode.SegmentOutOfRange, section: null, offset, size));
    }

    private string? FindString(ElfDynamicTag tag) =>
        TryGet(tag, out ulong offset) ? GetString(new ElfDynamicEntry(tag, offset)) : null;
}

/// <summary>One entry of the dynamic section.</summary>
/// <param name="Tag">What it says.</param>
/// <param name="Value">
/// A number, an address, or an offset in the string table (<see cref="ElfDynamicTable.GetString"/>), as the tag has it.
/// </param>
public readonly record struct ElfDynamicEntry(ElfDynamicTag Tag, ulong Value);
