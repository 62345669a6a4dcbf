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
    public string Name => Utf8Text.Of(NameBytes);

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
    public string Library => Utf8Text.Of(_strings.GetBytes(_library));

    /// <summary>The version's name, such as LIBBPF_1.5.0; allocates a string at every call.</summary>
    public string Name => Utf8Text.Of(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _strings.GetBytes(_name);

    /// <summary>The number by which the table of the symbols' versions refers to it.</summary>
    public ushort Index { get; }

    /// <summary>The file runs without it (<c>VER_FLG_WEAK</c>).</summary>
    public bool IsWeak => (_flags & WeakFlag) != 0;
}

/// <summary>The version of one dynamic symbol.</summary>
/// <param name="Name">The version's name, such as GLIBC_2.34.</param>
/// <param name="Library">The library that the symbol is to come from, such as libc.so.6; null for what the file itself defines.</param>
/// <param name="IsDefault">
/// The version that programs linked today get, written <c>name@@VERSION</c>; false for those kept for older programs
/// (<c>VERSYM_HIDDEN</c>), written <c>name@VERSION</c>, and for imports.
/// </param>
public readonly record struct ElfSymbolVersion(string Name, string? Library, bool IsDefault)
{
    /// <summary>As it is written after a symbol's name: <c>@@GLIBC_2.34</c>.</summary>
    public override string ToString() => Name is null ? "" : (IsDefault ? "@@" : "@") + Name;
}

/// <summary>The version of each symbol of <c>.dynsym</c> (<c>.gnu.version</c>). Empty where the file knows no versions.</summary>
public sealed class ElfSymbolVersionTable
{
    private const ushort HiddenFlag = 0x8000;
    private readonly ElfRegion? _indices;
    private readonly Lazy<Dictionary<ushort, (string Name, string? Library)>> _versions;

    internal ElfSymbolVersionTable(ElfFile file)
    {
        if (file.Sections.TryGet(ElfSectionType.GnuVersionSymbols, out ElfSection section))
            _indices = section.ReadContent();
        _versions = new(() => ReadNames(file));
    }

    /// <summary>The version of a symbol; false if it has none, as local symbols and those of unversioned files.</summary>
    /// <param name="symbolIndex">Position in the dynamic symbol table (<see cref="ElfSymbol.Index"/>).</param>
    /// <param name="version">The version.</param>
    /// <exception cref="ElfFormatException">The records that name the versions are malformed or not inside the file.</exception>
    public bool TryGet(int symbolIndex, out ElfSymbolVersion version)
    {
        version = default;
        if (_indices is null || (uint)symbolIndex >= (uint)_indices.Length / sizeof(ushort))
            return false;
        ushort index = _indices.UInt16(symbolIndex * sizeof(ushort));
        // 0 is a local symbol, 1 a global one without version (VER_NDX_LOCAL, VER_NDX_GLOBAL); the file's own name has index 1 too.
        ushort number = (ushort)(index & ~HiddenFlag);
        if (number < 2 || !_versions.Value.TryGetValue(number, out (string Name, string? Library) named))
            return false;
        version = new ElfSymbolVersion(named.Name, named.Library, named.Library is null && (index & HiddenFlag) == 0);
        return true;
    }

    private static Dictionary<ushort, (string Name, string? Library)> ReadNames(ElfFile file)
    {
        var names = new Dictionary<ushort, (string Name, string? Library)>();
        foreach (ElfVersionDefinition definition in file.ReadVersionDefinitions())
            names[definition.Index] = (definition.Name, null);
        foreach (ElfVersionNeed need in file.ReadVersionNeeds())
            names[need.Index] = (need.Name, need.Library);
        return names;
    }
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
