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
    internal bool TryMap(ulong address, out ulong offset, out ulong available)
    {
        foreach (ElfSegment segment in this)
            if (segment.Type == ElfSegmentType.Load && segment.TryMap(address, out offset, out available))
                return true;
        offset = available = 0;
        return false;
    }
}
