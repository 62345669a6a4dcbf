using System.Collections;

namespace P3Ebpf.Elf;

/// <summary>The segments of a file by index; relocatable files have none.</summary>
public readonly struct ElfSegmentTable : IReadOnlyList<ElfSegment>
{
    private readonly ElfFile _file;
    private readonly ElfRegion _headers;

    internal ElfSegmentTable(ElfFile file, ElfRegion headers)
    {
        _file = file;
        _headers = headers;
    }

    /// <summary>Number of segments.</summary>
    public int Count => _headers.Length / _file.Encoding.SegmentHeaderSize;

    /// <summary>The segment at an index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such segment.</exception>
    public ElfSegment this[int index] =>
        (uint)index < (uint)Count
            ? new ElfSegment(_file, _headers, index)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} segments.");

    /// <summary>The first segment of this type; false if there is none.</summary>
    public bool TryGet(ElfSegmentType type, out ElfSegment segment)
    {
        foreach (ElfSegment candidate in this)
            if (candidate.Type == type)
            {
                segment = candidate;
                return true;
            }
        segment = default;
        return false;
    }

    /// <summary>Enumerates without allocating.</summary>
    public ElfTableEnumerator<ElfSegmentTable, ElfSegment> GetEnumerator() => new(this);

    IEnumerator<ElfSegment> IEnumerable<ElfSegment>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>File offset of an address that a loadable segment has bytes for, and how many follow it there.</summary>
    /// <param name="address">The virtual address.</param>
    /// <param name="offset">Byte offset in the file.</param>
    /// <param name="available">Bytes from there to the end of the segment.</param>
    /// <param name="access">Rights that the segment must have.</param>
    internal bool TryMap(ulong address, out ulong offset, out ulong available, ElfSegmentFlags access = ElfSegmentFlags.None)
    {
        foreach (ElfSegment segment in this)
            if (segment.Type == ElfSegmentType.Load && (segment.Flags & access) == access && segment.TryMap(address, out offset, out available))
                return true;
        offset = available = 0;
        return false;
    }
}
