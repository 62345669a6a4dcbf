using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace P3Ebpf.Packages;

/// <summary>What one package must have.</summary>
/// <param name="Id">The package.</param>
/// <param name="Dependencies">All that it depends on, of any framework.</param>
/// <param name="Files">Files it must hold, by their beginning.</param>
internal sealed partial record PackageRules(string Id, string[] Dependencies, params string[] Files)
{
    private const int MostBytes = 8 << 20;

    /// <summary>Whether a machine may be unable to make it.</summary>
    public bool IsOptional { get; init; }

    public bool HasSymbols { get; init; } = true;

    public static IReadOnlyList<PackageRules> All { get; } =
    [
        Library("P3Ebpf.Errors", isOld: true, []),
        Library("P3Ebpf.Btf", isOld: true, ["P3Ebpf.Errors", "System.Memory"]),
        Library("P3Ebpf.Elf", isOld: true, ["P3Ebpf.Errors", "System.Memory"]),
        Library("P3Ebpf.CoRe", isOld: true, ["P3Ebpf.Btf", "System.Memory"]),
        Library("P3Ebpf.Object", isOld: true, ["P3Ebpf.Btf", "P3Ebpf.Elf", "P3Ebpf.CoRe", "System.Memory"]),
        Library("P3Ebpf.Bindings", isOld: true, ["P3Ebpf.Object", "System.Memory"]),
        Library("P3Ebpf.Loader", isOld: false, ["P3Ebpf.Object"]),
        Library("P3Ebpf.Doctor", isOld: false, ["P3Ebpf.Loader"]),
        Library("P3Ebpf.Linker", isOld: false, ["P3Ebpf.Btf", "P3Ebpf.Elf", "LibObjectFile"]),
        new("P3Ebpf.Build", ["P3Ebpf.Loader"], "build/P3Ebpf.Build.targets", "build/P3Ebpf.Build.props", "include/p3ebpf.h", "analyzers/dotnet/cs/P3Ebpf.Build.dll") { HasSymbols = false },
        new("P3Ebpf.Templates", [], "content/p3ebpf-tracing/.template.config/template.json", "content/p3ebpf-xdp/.template.config/template.json", "content/p3ebpf-schedext/.template.config/template.json") { HasSymbols = false },
        new("P3Ebpf.Tool", [], "tools/") { HasSymbols = false },
        new("P3Ebpf.Tool.any", [], "tools/net10.0/any/p3ebpf.dll") { IsOptional = true },
        new("P3Ebpf.Tool.linux-x64", [], "tools/any/linux-x64/p3ebpf") { IsOptional = true, HasSymbols = false },
        new("P3Ebpf.Tool.linux-arm64", [], "tools/any/linux-arm64/p3ebpf") { IsOptional = true, HasSymbols = false },
    ];

    public IEnumerable<string> Check(string path, string version)
    {
        using ZipArchive package = ZipFile.OpenRead(path);
        XElement data = ReadNuspec(package);
        foreach (string field in (string[])["description", "authors", "tags", "releaseNotes", "license", "readme", "icon"])
        {
            if (string.IsNullOrWhiteSpace(Value(data, field)))
                yield return $"no {field}";
        }

        if (Value(data, "version") != version)
            yield return $"its version is {Value(data, "version")}";
        if (package.GetEntry(Value(data, "icon") ?? "none") is not { } icon || !IsPng(icon))
            yield return "its icon is no PNG";
        if (package.GetEntry(Value(data, "readme") ?? "none") is not { } readme)
            yield return "its README is not in it";
        else
            foreach (string problem in CheckReadme(Read(readme)))
                yield return problem;

        string[] dependencies = [.. data.Descendants().Where(each => each.Name.LocalName == "dependency").Select(each => (string)each.Attribute("id")!).Distinct()];
        foreach (string id in dependencies.Except(Dependencies))
            yield return $"it depends on {id}";
        foreach (string id in Dependencies.Except(dependencies))
            yield return $"it does not depend on {id}";
        foreach (string file in Files.Where(file => !package.Entries.Any(entry => entry.FullName.StartsWith(file, StringComparison.Ordinal))))
            yield return $"no {file}";
        foreach (ZipArchiveEntry entry in package.Entries.Where(entry => entry.Name.EndsWith(".dbg", StringComparison.Ordinal) || entry.FullName.Contains("/obj/", StringComparison.Ordinal)))
            yield return $"{entry.FullName} has no business in it";
        if (new FileInfo(path).Length > MostBytes)
            yield return $"it has {new FileInfo(path).Length} bytes";
        if (HasSymbols && !File.Exists(Path.ChangeExtension(path, ".snupkg")))
            yield return "no package of symbols";
    }

    private static PackageRules Library(string id, bool isOld, string[] dependencies)
    {
        string[] frameworks = isOld ? ["netstandard2.0", "net10.0"] : ["net10.0"];
        return new PackageRules(id, dependencies, [.. frameworks.SelectMany(framework => (string[])[$"lib/{framework}/{id}.dll", $"lib/{framework}/{id}.xml"])]);
    }

    /// <summary>A README is read in a feed, where nothing lies beside it.</summary>
    private IEnumerable<string> CheckReadme(string text)
    {
        if (!text.StartsWith($"# {(Id.StartsWith("P3Ebpf.Tool", StringComparison.Ordinal) ? "P3Ebpf.Tool" : Id)}\n", StringComparison.Ordinal))
            yield return "its README is another one's";
        if (!text.Contains("\n```", StringComparison.Ordinal))
            yield return "its README shows no code";
        foreach (Match link in Links().Matches(text))
        {
            if (!link.Groups[1].Value.StartsWith("https://", StringComparison.Ordinal))
                yield return $"its README's link {link.Groups[1].Value} leads nowhere from a feed";
        }
    }

    private static XElement ReadNuspec(ZipArchive package)
    {
        using Stream stream = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().Single(each => each.Name.LocalName == "metadata");
    }

    private static string? Value(XElement data, string name) => (string?)data.Elements().SingleOrDefault(each => each.Name.LocalName == name);

    private static string Read(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open());
        return reader.ReadToEnd();
    }

    private static bool IsPng(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        byte[] start = new byte[4];
        return stream.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.AsSpan().SequenceEqual(new byte[] { 0x89, 0x50, 0x4E, 0x47 });
    }

    [GeneratedRegex(@"\]\(([^)\s]+)")]
    private static partial Regex Links();
}
