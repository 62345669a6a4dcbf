using System.Globalization;

namespace P3Ebpf.Doctor.Libraries;

/// <summary>What <c>/proc</c> shows of a running process.</summary>
internal sealed class RunningProcess
{
    private const string Deleted = " (deleted)";

    private RunningProcess(int id, string? executable, IReadOnlyList<string>? mapped)
    {
        Id = id;
        Executable = executable;
        Mapped = mapped;
    }

    public int Id { get; }

    /// <summary>The executable, as the process sees it; <see langword="null"/> where /proc does not show it.</summary>
    public string? Executable { get; }

    /// <summary>The files that are mapped into its memory, each once; <see langword="null"/> where they may not be read.</summary>
    public IReadOnlyList<string>? Mapped { get; }

    /// <summary>The mapped libbpf libraries, bundled ones (<c>libbpf-1a2b3c.so.1.5.0</c>) included.</summary>
    public IEnumerable<string> Libbpf => (Mapped ?? []).Where(path => IsLibbpf(Path.GetFileName(path)));

    /// <summary>The process that a text names by its number; <see langword="null"/> where it is none.</summary>
    public static RunningProcess? Find(FileTree files, string loader)
    {
        if (!int.TryParse(loader, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || !files.HasDirectory($"/proc/{id}"))
            return null;
        string? maps = files.ReadText($"/proc/{id}/maps");
        return new RunningProcess(id, files.ReadLink($"/proc/{id}/exe"), maps is null ? null : Paths(maps));
    }

    /// <summary>Whether a mapped file has been replaced or removed since; the process still runs the old one.</summary>
    public static bool IsDeleted(string path) => path.EndsWith(Deleted, StringComparison.Ordinal);

    /// <summary>The path by which this process's file can be read, also where it runs in a container.</summary>
    public string ReachableFrom(FileTree files, string path)
    {
        string plain = IsDeleted(path) ? path[..^Deleted.Length] : path;
        string own = $"/proc/{Id}/root{plain}";
        return files.HasFile(own) ? own : plain;
    }

    private static bool IsLibbpf(string name) =>
        name.StartsWith("libbpf", StringComparison.Ordinal) && name.Contains(".so", StringComparison.Ordinal) && (name.Length < 7 || name[6] is '.' or '-');

    // "7f12… r-xp 00000000 fe:00 1234   /usr/lib/libbpf.so.1.7.0"
    private static string[] Paths(string maps) =>
        [.. maps.Split('\n').Select(line => line.IndexOf('/', StringComparison.Ordinal) is >= 0 and var at ? line[at..] : string.Empty).Where(path => path.Length > 0).Distinct()];
}
