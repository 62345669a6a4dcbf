using System.Globalization;

namespace P3Ebpf.Loader;

/// <summary>Addresses of kernel symbols, from <c>/proc/kallsyms</c>.</summary>
internal static class KernelSymbols
{
    private const string Path = "/proc/kallsyms";

    /// <summary>Looks several symbols up in one pass.</summary>
    /// <returns>The addresses of those found; a name that stands for different addresses maps to <see langword="null"/>.</returns>
    public static Dictionary<string, ulong?> Find(IReadOnlySet<string> names)
    {
        var found = new Dictionary<string, ulong?>(StringComparer.Ordinal);
        if (names.Count == 0 || !File.Exists(Path))
            return found;
        foreach (string line in File.ReadLines(Path))
        {
            // "ffffffff81000000 T _stext" and, for modules, a tab and the module's name.
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || space + 3 >= line.Length)
                continue;
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            string name = tab < 0 ? line[(space + 3)..] : line[(space + 3)..tab];
            if (!names.Contains(name) || !ulong.TryParse(line.AsSpan(0, space), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong address))
                continue;
            found[name] = found.TryGetValue(name, out ulong? other) && other != address ? null : address;
        }

        return found;
    }
}
