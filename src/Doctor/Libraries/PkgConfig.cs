namespace P3Ebpf.Doctor.Libraries;

/// <summary>What <c>pkg-config --modversion libbpf</c> says: the version of the headers that are installed for compiling.</summary>
/// <param name="Path">The file that says so.</param>
/// <param name="Version">The version, as it stands there.</param>
internal sealed record PkgConfig(string Path, string Version)
{
    private const string File = "libbpf.pc";
    private const string Key = "Version:";

    /// <summary>Reads the first <c>libbpf.pc</c> of pkg-config's search path; <see langword="null"/> where there is none.</summary>
    public static PkgConfig? Find(FileTree files, IReadOnlyDictionary<string, string> environment)
    {
        foreach (string directory in SearchPath(files, environment))
        {
            string path = $"{directory}/{File}";
            string? line = files.ReadText(path)?.Split('\n').FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
            if (line is not null)
                return new PkgConfig(path, line[Key.Length..].Trim());
        }

        return null;
    }

    private static IEnumerable<string> SearchPath(FileTree files, IReadOnlyDictionary<string, string> environment)
    {
        IEnumerable<string> extra = Split(environment.GetValueOrDefault("PKG_CONFIG_PATH"));
        if (environment.TryGetValue("PKG_CONFIG_LIBDIR", out string? replaced))
            return extra.Concat(Split(replaced));

        IEnumerable<string> triplets = files.List("/usr/lib").Where(name => name.Contains("-linux-", StringComparison.Ordinal));
        return extra
            .Concat(triplets.Select(t => $"/usr/local/lib/{t}/pkgconfig"))
            .Concat(["/usr/local/lib64/pkgconfig", "/usr/local/lib/pkgconfig", "/usr/local/share/pkgconfig"])
            .Concat(triplets.Select(t => $"/usr/lib/{t}/pkgconfig"))
            .Concat(["/usr/lib64/pkgconfig", "/usr/lib/pkgconfig", "/usr/share/pkgconfig"]);
    }

    private static string[] Split(string? path) => path is null ? [] : path.Split(':', StringSplitOptions.RemoveEmptyEntries);
}
