using System.Text;

namespace P3Ebpf.Elf;

/// <summary>A symbol version that a library defines, such as LIBBPF_1.5.0 (<c>Elf64_Verdef</c>).</summary>
public readonly struct ElfVersionDefinition
{
    private const ushort BaseFlag = 1;
    private readonly ElfStringTable _strings;
    private readonly uint _name;
    private readonly ushort _flags;

    internal ElfVersionDefinition(ElfStringTable strings, uint name, ushort flags, ushort index)
    {
        strings.Check(name);
        _strings = strings;
        _name = name;
        _flags = flags;
        Index = index;
    }

    /// <summary>The version's name; allocates a string at every call.</summary>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _strings.GetBytes(_name);

    /// <summary>The number by which the table of the symbols' versions refers to it.</summary>
    public ushort Index { get; }

    /// <summary>Names the file itself, not a version of symbols (<c>VER_FLG_BASE</c>).</summary>
    public bool IsBase => (_flags & BaseFlag) != 0;
}

/// <summary>A symbol version that a file needs from one of its libraries (<c>Elf64_Verneed</c>, <c>Elf64_Vernaux</c>).</summary>
public readonly struct ElfVersionNeed
{
    private const ushort WeakFlag = 2;
    private readonly ElfStringTable _strings;
    private readonly uint _library;
    private readonly uint _name;
    private readonly ushort _flags;

    internal ElfVersionNeed(ElfStringTable strings, uint library, uint name, ushort flags, ushort index)
    {
        strings.Check(library);
        strings.Check(name);
        _strings = strings;
        _library = library;
        _name = name;
        _flags = flags;
        Index = index;
    }

    /// <summary>The library's name, such as libbpf.so.1; allocates a string at every call.</summary>
    public string Library => Encoding.UTF8.GetString(_strings.GetBytes(_library));

    /// <summary>The version's name, such as LIBBPF_1.5.0; allocates a string at every call.</summary>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _strings.GetBytes(_name);

    /// <summary>The number by which the table of the symbols' versions refers to it.</summary>
    public ushort Index { get; }

    /// <summary>The file runs without it (<c>VER_FLG_WEAK</c>).</summary>
    public bool IsWeak => (_flags & WeakFlag) != 0;
}

/// <summary>
/// Walks the linked records of version sections. Links are forward distances in bytes, 0 at the end. Honest records do not
/// overlap, so their number is bounded by the section's size; that keeps overlapping chains from taking quadratic time.
/// </summary>
internal sealed class VersionRecords(ElfRegion region, ElfStringTable strings)
{
    private const int DefinitionSize = 20;
    private const int DefinitionNameSize = 8;
    private const int NeedSize = 16;

    private int _budget = region.Length / DefinitionNameSize;

    public List<ElfVersionDefinition> ReadDefinitions()
    {
        var definitions = new List<ElfVersionDefinition>();
        for (long at = 0, next = 1; next != 0 && region.Length != 0; at += next)
        {
            int record = Record(at, DefinitionSize);
            // The first name is the version's own; further ones are its parents'.
            int name = Record(at + region.UInt32(record + 12), DefinitionNameSize);
            definitions.Add(new ElfVersionDefinition(strings, region.UInt32(name), region.UInt16(record + 2), region.UInt16(record + 4)));
            next = region.UInt32(record + 16);
        }
        return definitions;
    }

    public List<ElfVersionNeed> ReadNeeds()
    {
        var needs = new List<ElfVersionNeed>();
        for (long at = 0, next = 1; next != 0 && region.Length != 0; at += next)
        {
            int record = Record(at, NeedSize);
            ReadNeedsOf(region.UInt32(record + 4), at + region.UInt32(record + 8), needs);
            next = region.UInt32(record + 12);
        }
        return needs;
    }

    private void ReadNeedsOf(uint library, long at, List<ElfVersionNeed> needs)
    {
        for (long next = 1; next != 0; at += next)
        {
            int record = Record(at, NeedSize);
            uint name = region.UInt32(record + 8);
            needs.Add(new ElfVersionNeed(strings, library, name, region.UInt16(record + 4), region.UInt16(record + 6)));
            next = region.UInt32(record + 12);
        }
    }

    private int Record(long at, int size)
    {
        if (at > region.Length - size || _budget-- <= 0)
            throw region.Error(ElfErrorCode.BadVersion, Math.Min(at, region.Length),
                $"a symbol version record of {size} bytes lies outside the table of {region.Length} bytes, or records overlap. " +
                $"{ElfFile.Rebuild}");
        return (int)at;
    }
}
