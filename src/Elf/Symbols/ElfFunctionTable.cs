using System.Collections;
using System.Text;

namespace P3Ebpf.Elf;

/// <summary>A function that a file defines and has the instructions of.</summary>
public readonly struct ElfFunction
{
    private readonly ElfSymbolVersionTable? _versions;

    internal ElfFunction(ElfSymbol symbol, ulong offset, ElfSymbolVersionTable? versions)
    {
        Symbol = symbol;
        Offset = offset;
        _versions = versions;
    }

    /// <summary>The symbol. Its index counts within its own table.</summary>
    public ElfSymbol Symbol { get; }

    /// <summary>Byte offset of the first instruction in the file: where the kernel is to put a uprobe.</summary>
    public ulong Offset { get; }

    /// <summary>The name without version; allocates a string at every call.</summary>
    public string Name => Utf8Text.Of(NameBytes);

    /// <summary>The name's bytes without version.</summary>
    public ReadOnlySpan<byte> NameBytes => ElfFunctionName.WithoutVersion(Symbol.NameBytes);

    /// <summary>The version, as it is written after the name (<c>@@GLIBC_2.34</c>); empty if it has none.</summary>
    /// <exception cref="ElfFormatException">The version records are malformed.</exception>
    public string Version =>
        _versions is not null && _versions.TryGet(Symbol.Index, out ElfSymbolVersion version)
            ? version.ToString()
            : Utf8Text.Of(Symbol.NameBytes.Slice(NameBytes.Length));

    /// <summary>Virtual address.</summary>
    public ulong Address => Symbol.Value;

    /// <summary>
    /// The function chooses the function that is called in its place (<c>STT_GNU_IFUNC</c>): it runs once in each process, when it is
    /// bound, and a probe on it does not see the calls.
    /// </summary>
    public bool IsIndirect => Symbol.Type == ElfSymbolType.GnuIndirectFunction;

    /// <summary>Name and version, for messages.</summary>
    public override string ToString() => Symbol.ToString().Length == 0 ? "" : Name + Version;
}

/// <summary>What became of a search for a function by name.</summary>
public enum ElfFunctionMatchKind
{
    /// <summary>There is one place of that name.</summary>
    Found,

    /// <summary>Several functions of that name start at different places; a version may tell them apart.</summary>
    Ambiguous,

    /// <summary>There are functions of that name, but none in the version asked for.</summary>
    OtherVersion,

    /// <summary>The file only calls it; a library defines it.</summary>
    Imported,

    /// <summary>
    /// The file has no instructions at the function's address: it is an object file, or keeps only debug information of another file.
    /// </summary>
    NotInFile,

    /// <summary>The name is that of data.</summary>
    NotAFunction,

    /// <summary>No symbol has that name.</summary>
    NotFound,

    /// <summary>The file has no symbols at all: it was stripped.</summary>
    NoSymbols,
}

/// <summary>The answer to a search for a function by name.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Functions">
/// The function that was found; for <see cref="ElfFunctionMatchKind.Ambiguous"/> one at each place, for
/// <see cref="ElfFunctionMatchKind.OtherVersion"/> those of other versions; else empty.
/// </param>
/// <param name="Library">
/// For <see cref="ElfFunctionMatchKind.Imported"/> the library it is to come from, such as libc.so.6, if the file says so; else null.
/// </param>
public sealed record ElfFunctionMatch(ElfFunctionMatchKind Kind, IReadOnlyList<ElfFunction> Functions, string? Library = null);

/// <summary>
/// The functions of a file: those of <c>.dynsym</c>, then those of <c>.symtab</c>, or where that was stripped, of the compressed copy
/// in <c>.gnu_debugdata</c>. Enumerating yields those that the file has the instructions of; many stand in both tables, and come twice.
/// </summary>
public sealed class ElfFunctionTable : IEnumerable<ElfFunction>
{
    private readonly ElfFile _file;
    private readonly List<(ElfSymbolTable Symbols, ElfSymbolVersionTable? Versions)> _tables = [];

    internal ElfFunctionTable(ElfFile file)
    {
        _file = file;
        if (file.Sections.TryGet(ElfSectionType.DynamicSymbolTable, out ElfSection dynamic))
            _tables.Add((dynamic.ReadSymbols(), file.ReadSymbolVersions()));
        if (file.Sections.TryGet(ElfSectionType.SymbolTable, out ElfSection full) || TryReadMiniDebugInfo(file, out full))
            _tables.Add((full.ReadSymbols(), null));
    }

    /// <summary>The function of this name, by the rules of libbpf's <c>elf_find_func_offset</c>.</summary>
    /// <remarks>
    /// The first table that has the name decides. Several symbols at one place are one function; a weak one yields to any other.
    /// Without version all versions are looked at, so that a name with several versions at different places is ambiguous.
    /// Unlike libbpf, this also finds indirect functions (<see cref="ElfFunction.IsIndirect"/>).
    /// </remarks>
    /// <param name="name">The name; or <c>name@VERSION</c>, <c>name@@VERSION</c>, which both mean that version.</param>
    /// <exception cref="ElfFormatException">A symbol's name is outside the string table, or the version records are malformed.</exception>
    public ElfFunctionMatch Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var wanted = new ElfFunctionName(name);
        var missing = new ElfFunctionMatch(ElfFunctionMatchKind.NoSymbols, []);
        foreach ((ElfSymbolTable symbols, ElfSymbolVersionTable? versions) in _tables)
        {
            // The empty symbol is in every table.
            if (symbols.Count <= 1)
                continue;
            ElfFunctionMatch match = Find(wanted, symbols, versions);
            if (match.Kind is ElfFunctionMatchKind.Found or ElfFunctionMatchKind.Ambiguous)
                return match;
            // The kinds stand in the order of what they tell.
            if (match.Kind < missing.Kind)
                missing = match;
        }

        return missing;
    }

    /// <summary>
    /// The functions whose name matches a pattern, in the order of their places, one at each place: a probe on two names of one
    /// function would see every call twice. Indirect functions are left out, as in libbpf's <c>elf_resolve_pattern_offsets</c>.
    /// </summary>
    /// <param name="pattern">A name without version; <c>*</c> stands for any characters, also none, and <c>?</c> for one.</param>
    /// <exception cref="ElfFormatException">A symbol's name is outside the string table.</exception>
    public IReadOnlyList<ElfFunction> Match(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        byte[] glob = Encoding.UTF8.GetBytes(pattern);
        var matches = new List<ElfFunction>();
        foreach (ElfFunction function in this)
            if (!function.IsIndirect && ElfFunctionName.Matches(glob, function.NameBytes))
                matches.Add(function);
        matches.Sort(static (left, right) => left.Offset != right.Offset
            ? left.Offset.CompareTo(right.Offset)
            : left.NameBytes.SequenceCompareTo(right.NameBytes));

        var places = new List<ElfFunction>(matches.Count);
        foreach (ElfFunction function in matches)
            if (places.Count == 0 || places[places.Count - 1].Offset != function.Offset)
                places.Add(function);
        return places;
    }

    /// <summary>The functions, table by table.</summary>
    public IEnumerator<ElfFunction> GetEnumerator()
    {
        foreach ((ElfSymbolTable symbols, ElfSymbolVersionTable? versions) in _tables)
            foreach (ElfSymbol symbol in symbols)
                if (IsFunction(symbol) && !symbol.IsUndefined && TryMap(symbol, out ulong offset))
                    yield return new ElfFunction(symbol, offset, versions);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// The symbols that distributions leave in stripped files: an ELF file inside, whose addresses are those of the outer one.
    /// </summary>
    private static bool TryReadMiniDebugInfo(ElfFile file, out ElfSection symbols)
    {
        symbols = default;
        if (!file.TryGetSection(".gnu_debugdata", out ElfSection section))
            return false;
        ElfRegion region = section.ReadContent();
        try
        {
            return ElfFile.Parse(XzData.Decompress(region, file.Limits.MaxDecompressedSize), file.Limits)
                .Sections.TryGet(ElfSectionType.SymbolTable, out symbols);
        }
        catch (ElfFormatException cause) when (cause.Section != section.Name)
        {
            throw region.Error(cause.Code, 0, $"in the file that it holds, {cause.Message}", cause);
        }
    }

    private static bool IsFunction(ElfSymbol symbol) => symbol.Type is ElfSymbolType.Func or ElfSymbolType.GnuIndirectFunction;

    /// <summary>Whether the symbol is a thing of the program; the name of a source file or section may be that of a function too.</summary>
    private static bool IsOfProgram(ElfSymbol symbol) => symbol.Index != 0 && symbol.Type is not (ElfSymbolType.File or ElfSymbolType.Section);

    /// <summary>
    /// Section headers can lie about where things are at run time; the program headers are what the kernel maps by. In a sound file
    /// both give the same offset.
    /// </summary>
    private bool TryMap(ElfSymbol symbol, out ulong offset) => _file.Segments.TryMap(symbol.Value, out offset, out _, ElfSegmentFlags.Execute);

    private ElfFunctionMatch Find(ElfFunctionName wanted, ElfSymbolTable symbols, ElfSymbolVersionTable? versions)
    {
        var found = new List<ElfFunction>();
        var others = new List<ElfFunction>();
        var missing = new ElfFunctionMatch(ElfFunctionMatchKind.NotFound, []);
        foreach (ElfSymbol symbol in symbols)
        {
            if (!symbols.Strings.StartsWith(symbol.NameOffset, wanted.Name) || !wanted.IsNameOf(symbol.NameBytes) || !IsOfProgram(symbol))
                continue;
            ElfFunctionMatch unusable = WhyUnusable(symbol, versions, out ulong offset);
            if (unusable.Kind != ElfFunctionMatchKind.Found)
            {
                missing = unusable.Kind < missing.Kind ? unusable : missing;
                continue;
            }

            var function = new ElfFunction(symbol, offset, versions);
            (wanted.HasVersion(function) ? found : others).Add(function);
        }

        if (found.Count != 0)
            return Choose(found);
        return others.Count != 0 ? new ElfFunctionMatch(ElfFunctionMatchKind.OtherVersion, others) : missing;
    }

    private ElfFunctionMatch WhyUnusable(ElfSymbol symbol, ElfSymbolVersionTable? versions, out ulong offset)
    {
        offset = 0;
        if (symbol.IsUndefined && (IsFunction(symbol) || symbol.Type == ElfSymbolType.NoType))
        {
            ElfSymbolVersion version = default;
            _ = versions?.TryGet(symbol.Index, out version);
            return new ElfFunctionMatch(ElfFunctionMatchKind.Imported, [], version.Library);
        }

        if (!IsFunction(symbol))
            return new ElfFunctionMatch(ElfFunctionMatchKind.NotAFunction, []);
        return new ElfFunctionMatch(TryMap(symbol, out offset) ? ElfFunctionMatchKind.Found : ElfFunctionMatchKind.NotInFile, []);
    }

    private static ElfFunctionMatch Choose(List<ElfFunction> found)
    {
        List<ElfFunction> strong = found.FindAll(function => function.Symbol.Binding != ElfSymbolBinding.Weak);
        if (strong.Count == 0)
            return new ElfFunctionMatch(ElfFunctionMatchKind.Found, [found[0]]);
        List<ElfFunction> places = [.. strong.GroupBy(function => function.Offset).Select(same => same.First())];
        return new ElfFunctionMatch(places.Count == 1 ? ElfFunctionMatchKind.Found : ElfFunctionMatchKind.Ambiguous, places);
    }
}

/// <summary>A function's name as it is asked for, and how names and patterns are compared: in UTF-8, as they stand in the file.</summary>
internal sealed class ElfFunctionName
{
    private readonly byte[] _name;
    private readonly string? _version;

    public ElfFunctionName(string text)
    {
        int at = text.IndexOf('@');
        _name = Encoding.UTF8.GetBytes(at < 0 ? text : text.Substring(0, at));
        _version = at < 0 ? null : text.Substring(at).TrimStart('@');
    }

    public ReadOnlySpan<byte> Name => _name;

    /// <summary>The linker writes versions into the names of <c>.symtab</c>, after an at sign or two.</summary>
    public static ReadOnlySpan<byte> WithoutVersion(ReadOnlySpan<byte> name)
    {
        // A name that begins with the sign is no version without a name.
        int at = name.IndexOf((byte)'@');
        return at > 0 ? name.Slice(0, at) : name;
    }

    public bool IsNameOf(ReadOnlySpan<byte> symbol) => WithoutVersion(symbol).SequenceEqual(_name);

    /// <summary>One at sign or two mean the same here, as in libbpf.</summary>
    public bool HasVersion(ElfFunction function) => _version is null || (function.Version is { Length: > 0 } version && version.TrimStart('@') == _version);

    /// <summary>Whether a pattern matches a whole name. After a star it tries the nearest place first and moves on from there.</summary>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == (byte)'*')
            {
                star = ++p;
                resume = n;
            }
            else if (p < pattern.Length && (pattern[p] == (byte)'?' || pattern[p] == name[n]))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == (byte)'*')
            p++;
        return p == pattern.Length;
    }
}
