using System.Globalization;
using System.Text;

namespace P3Ebpf.Doctor.Libraries;

/// <summary>A libbpf as found in a file: the library itself, or an executable or library that it was linked into.</summary>
/// <param name="Path">The file.</param>
/// <param name="IsStatic">Whether it was linked into something else.</param>
/// <param name="Versions">Which versions it can be.</param>
/// <param name="Evidence">What tells.</param>
internal sealed record LibbpfImage(string Path, bool IsStatic, LibbpfVersions Versions, IReadOnlyList<string> Evidence)
{
    private const string SymbolPrefix = "LIBBPF_";
    private const string NamePrefix = "libbpf.so.";

    /// <summary>The version in words: as exact as it is known.</summary>
    public string VersionText => Exact?.ToString() ?? Versions.ToString();

    /// <summary>The version with its patch level, where the file's name tells it and nothing contradicts.</summary>
    public Version? Exact { get; private init; }

    // In every libbpf, and in nothing else: the prefix of its messages is part of their text.
    private static ReadOnlySpan<byte> Mark => "libbpf: failed to load object '%s'"u8;

    private static readonly (byte[] Text, bool IsPresent, LibbpfVersions Versions, string Says)[] Markers =
    [
        Marker("libbpf: failed to parse target BTF: %d", new(null, new(1, 6)), "it prints errors as numbers (\"failed to parse target BTF: %d\"), as up to 1.5"),
        Marker("libbpf: failed to parse target BTF: %s", new(new(1, 6), null), "it prints errors by name (\"failed to parse target BTF: %s\"), as since 1.6"),
        Marker("LIBBPF_LOG_LEVEL\0", new(new(1, 5), null), "it knows LIBBPF_LOG_LEVEL, as since 1.5"),
        Marker("libbpf: load bpf program failed: ", new(null, new(0, 7)), "it has the message \"load bpf program failed\", as up to 0.6"),
        Marker("\0enum64\0", new(new(1, 0), null), "it knows the kind ENUM64, as since 1.0"),
        Absence("enum64\0", new(null, new(1, 0)), "it does not know the kind ENUM64, which came with 1.0"),
    ];

    /// <summary>Looks for libbpf in a file.</summary>
    /// <returns><see langword="null"/> where the file has none, or cannot be read.</returns>
    public static LibbpfImage? Read(FileTree files, string path)
    {
        using ElfFile? elf = files.OpenElf(path);
        if (elf is null)
            return null;
        try
        {
            return Read(elf, files.Resolve(path));
        }
        catch (ElfFormatException)
        {
            return null;
        }
    }

    /// <summary>The libraries of this name that a file mentions in its constants, as those do that open them by name.</summary>
    public static IReadOnlyList<string> NamesIn(FileTree files, string path)
    {
        using ElfFile? elf = files.OpenElf(path);
        if (elf is null)
            return [];
        try
        {
            return [.. Constants(elf).SelectMany(data => NamesIn(data.Span)).Distinct()];
        }
        catch (ElfFormatException)
        {
            return [];
        }
    }

    private static LibbpfImage? Read(ElfFile elf, string path)
    {
        string fileName = System.IO.Path.GetFileName(path);
        bool isLibrary = elf.ReadDynamic().SoName?.StartsWith(NamePrefix, StringComparison.Ordinal) == true;
        ReadOnlyMemory<byte>[] constants = [.. Constants(elf)];
        if (!isLibrary && !constants.Any(data => data.Span.IndexOf(Mark) >= 0))
            return null;

        var evidence = new List<string>();
        LibbpfVersions versions = LibbpfVersions.Any;
        if (isLibrary && NewestSymbolVersion(elf) is { } symbols)
        {
            evidence.Add($"its newest symbol version is {SymbolPrefix}{symbols}");
            versions = LibbpfVersions.Of(symbols.Major, symbols.Minor);
        }

        if (constants.Any(data => data.Span.IndexOf(Mark) >= 0))
            versions = AddMarkers(constants, versions, evidence);
        Version? named = LibbpfVersions.Parse(fileName.StartsWith(NamePrefix, StringComparison.Ordinal) ? fileName[NamePrefix.Length..] : null);
        bool isExact = named is { Build: >= 0 } && versions.Includes(named);
        return new LibbpfImage(path, !isLibrary, versions, evidence) { Exact = isExact ? named : null };
    }

    private static LibbpfVersions AddMarkers(ReadOnlyMemory<byte>[] constants, LibbpfVersions versions, List<string> evidence)
    {
        if (VersionConstant(constants) is { } version)
        {
            evidence.Add($"it holds the text \"v{version}\" of libbpf_version_string()");
            versions = versions.And(LibbpfVersions.Of(version.Major, version.Minor));
        }

        foreach ((byte[] text, bool isPresent, LibbpfVersions told, string says) in Markers)
        {
            bool isThere = constants.Any(data => data.Span.IndexOf(text) >= 0);
            LibbpfVersions narrowed = versions.And(told);
            if (isThere != isPresent || narrowed.IsEmpty)
                continue;
            if (narrowed != versions || isPresent)
                evidence.Add(says);
            versions = narrowed;
        }

        return versions;
    }

    private static Version? NewestSymbolVersion(ElfFile elf)
    {
        Version? newest = null;
        foreach (ElfVersionDefinition definition in elf.ReadVersionDefinitions())
        {
            string name = definition.Name;
            Version? version = name.StartsWith(SymbolPrefix, StringComparison.Ordinal) ? LibbpfVersions.Parse(name[SymbolPrefix.Length..]) : null;
            if (version is not null && (newest is null || version > newest))
                newest = version;
        }

        return newest;
    }

    /// <summary>The text that libbpf_version_string() returns since 0.6: "v1.5" between two zero bytes. Others may look like it, so it must be the only one.</summary>
    private static Version? VersionConstant(ReadOnlyMemory<byte>[] constants)
    {
        Version? found = null;
        foreach (ReadOnlyMemory<byte> data in constants)
        {
            ReadOnlySpan<byte> rest = data.Span;
            for (int at = rest.IndexOf("\0v"u8); at >= 0; at = rest.IndexOf("\0v"u8))
            {
                rest = rest[(at + 2)..];
                int end = rest.IndexOf((byte)0);
                if (end is < 3 or > 5 || !IsMinorVersion(rest[..end], out Version? version))
                    continue;
                if (found is not null && found != version)
                    return null;
                found = version;
            }
        }

        return found;
    }

    private static bool IsMinorVersion(ReadOnlySpan<byte> text, out Version? version)
    {
        version = null;
        return text[0] is (byte)'0' or (byte)'1' && text[1] == '.'
            && Version.TryParse(Encoding.ASCII.GetString(text), out version) && version.Build < 0;
    }

    private static List<string> NamesIn(ReadOnlySpan<byte> data)
    {
        var names = new List<string>();
        for (int at = data.IndexOf("libbpf.so"u8); at >= 0; at = data.IndexOf("libbpf.so"u8))
        {
            int end = data[at..].IndexOf((byte)0);
            if (end < 0)
                break;
            string name = Encoding.UTF8.GetString(data.Slice(at, end));
            if (name["libbpf.so".Length..].All(c => c == '.' || char.IsAsciiDigit(c)))
                names.Add(name);
            data = data[(at + end)..];
        }

        return names;
    }

    /// <summary>The parts of a file that hold its texts: .rodata or, where sections are stripped, what is loaded.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Constants(ElfFile elf)
    {
        if (elf.TryGetSection(".rodata", out ElfSection section))
        {
            yield return section.ReadData();
            yield break;
        }

        foreach (ElfSegment segment in elf.Segments)
        {
            if (segment.Type == ElfSegmentType.Load)
                yield return segment.ReadData();
        }
    }

    private static (byte[] Text, bool IsPresent, LibbpfVersions Versions, string Says) Marker(string text, LibbpfVersions versions, string says) =>
        (Encoding.UTF8.GetBytes(text), true, versions, says);

    private static (byte[] Text, bool IsPresent, LibbpfVersions Versions, string Says) Absence(string text, LibbpfVersions versions, string says) =>
        (Encoding.UTF8.GetBytes(text), false, versions, says);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"libbpf {VersionText} {(IsStatic ? "linked into" : "in")} {Path}");
}
