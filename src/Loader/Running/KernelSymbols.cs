using System.Globalization;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Running;

/// <summary>The symbols of a kernel, as <c>/proc/kallsyms</c> lists them.</summary>
internal static class KernelSymbols
{
    public const string Path = "/proc/kallsyms";

    /// <summary>Looks several symbols up in one pass.</summary>
    /// <param name="path">The list.</param>
    /// <param name="names">The names looked for.</param>
    /// <returns>The addresses of those found; a name that stands for different addresses maps to <see langword="null"/>.</returns>
    public static Dictionary<string, ulong?> Find(string path, IReadOnlySet<string> names) =>
        names.Count == 0 || !File.Exists(path) ? [] : Find(File.ReadLines(path), names);

    /// <summary>Looks several symbols up in the lines of a list.</summary>
    public static Dictionary<string, ulong?> Find(IEnumerable<string> lines, IReadOnlySet<string> names)
    {
        var found = new Dictionary<string, ulong?>(StringComparer.Ordinal);
        foreach (string line in lines)
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

    /// <summary>What a kernel calls the wrapper of a system call on this architecture.</summary>
    public static string WrapperOf(string systemCall) => $"__{Architecture}_sys_{systemCall}";

    /// <summary>Link-time optimisation renames static data to <c>name.llvm.HASH</c>.</summary>
    private static string NameIn(string line, int space, int end)
    {
        string name = line[(space + 3)..end];
        int suffix = line[space + 1] == 'd' ? name.IndexOf(".llvm.", StringComparison.Ordinal) : -1;
        return suffix < 0 ? name : name[..suffix];
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x64",
        System.Runtime.InteropServices.Architecture.X86 => "ia32",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.S390x => "s390x",
        System.Runtime.InteropServices.Architecture.RiscV64 => "riscv",
        System.Runtime.InteropServices.Architecture.Ppc64le => "powerpc",
        var other => other.ToString(),
    };
}
