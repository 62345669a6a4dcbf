using System.Globalization;

namespace P3Ebpf.Loader.Running;

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
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (space < 0 || space + 3 >= (tab < 0 ? line.Length : tab))
                continue;
            string name = NameIn(line, space, tab < 0 ? line.Length : tab);
            if (!names.Contains(name) || !ulong.TryParse(line.AsSpan(0, space), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong address))
                continue;
            found[name] = found.TryGetValue(name, out ulong? other) && other != address ? null : address;
        }

        return found;
    }

    /// <summary>Link-time optimisation renames static data to <c>name.llvm.HASH</c>.</summary>
    private static string NameIn(string line, int space, int end)
    {
        string name = line[(space + 3)..end];
        int suffix = line[space + 1] == 'd' ? name.IndexOf(".llvm.", StringComparison.Ordinal) : -1;
        return suffix < 0 ? name : name[..suffix];
    }
}
