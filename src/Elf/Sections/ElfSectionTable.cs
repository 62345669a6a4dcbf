using System.Collections;
using System.Text;

namespace P3Ebpf.Elf;

/// <summary>The sections of a file by index; section 0 is the empty one. Stripped executables may have none.</summary>
public readonly struct ElfSectionTable : IReadOnlyList<ElfSection>
{
    private readonly ElfFile _file;
    private readonly ElfRegion _headers;

    internal ElfSectionTable(ElfFile file, ElfRegion headers)
    {
        _file = file;
        _headers = headers;
    }

    /// <summary>Number of sections, the empty one included.</summary>
    public int Count => _headers.Length / _file.Encoding.SectionHeaderSize;

    /// <summary>The section at an index.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such section.</exception>
    public ElfSection this[int index] =>
        (uint)index < (uint)Count
            ? new ElfSection(_file, _headers, index)
            : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} sections.");

    /// <summary>The section at an index taken from the file, such as <see cref="ElfSection.Link"/>; false if there is none.</summary>
    public bool TryGet(uint index, out ElfSection section)
    {
        bool exists = index < (uint)Count;
        section = exists ? this[(int)index] : default;
        return exists;
    }

    /// <summary>The first section of this name; false if there is none.</summary>
    public bool TryGet(string name, out ElfSection section)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryGet(Encoding.UTF8.GetBytes(name), out section);
    }

    /// <summary>The first section of this name, given in UTF-8; false if there is none.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ElfSection section)
    {
        if (_file.SectionNames is { } names)
            for (int index = 1; index < Count; index++)
                if (names.Matches(this[index].NameOffset, name))
                {
                    section = this[index];
                    return true;
                }
        section = default;
        return false;
    }

    /// <summary>The first section of this type; false if there is none.</summary>
    public bool TryGet(ElfSectionType type, out ElfSection section)
    {
        foreach (ElfSection candidate in this)
            if (candidate.Type == type)
            {
                section = candidate;
                return true;
            }
        section = default;
        return false;
    }

    /// <summary>Enumerates without allocating.</summary>
    public ElfTableEnumerator<ElfSectionTable, ElfSection> GetEnumerator() => new(this);

    IEnumerator<ElfSection> IEnumerable<ElfSection>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
