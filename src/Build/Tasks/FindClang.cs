using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace P3Ebpf.Build.Tasks;

/// <summary>Finds clang: the one that the project names, otherwise the newest on the PATH, plain <c>clang</c> first.</summary>
public sealed class FindClang : Task
{
    private const int Newest = 30;
    private const int Oldest = 12;

    /// <summary>What the project names: a path or a name (<c>BpfClang</c>).</summary>
    public string? Wanted { get; set; }

    /// <summary>The path that was found.</summary>
    [Output]
    public string? Clang { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        IEnumerable<string> names = Wanted is { Length: > 0 } wanted
            ? [wanted]
            : [.. new[] { "clang" }.Concat(Enumerable.Range(Oldest, Newest - Oldest + 1).Reverse().Select(version => $"clang-{version}"))];
        Clang = names.Select(Find).FirstOrDefault(path => path is not null);
        if (Clang is not null)
            return true;
        Log.LogError(
            null, "PEBPF001", null, null, 0, 0, 0, 0,
            "{0}, which compiles BPF programs, was not found. Install it (Debian, Ubuntu: apt install clang; Fedora: dnf install clang; macOS: brew install llvm), "
                + "or name it: <BpfClang>/path/to/clang</BpfClang>. Version {1} or later. An object that is compiled already needs none: <BpfObject Include=\"x.bpf.o\" />.",
            Wanted is { Length: > 0 } ? $"'{Wanted}'" : "clang", Oldest);
        return false;
    }

    private static string? Find(string name)
    {
        if (Path.IsPathRooted(name))
            return File.Exists(name) ? name : null;
        IEnumerable<string> directories = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Where(directory => directory.Length != 0);
        return directories.SelectMany(directory => new[] { Path.Combine(directory, name), Path.Combine(directory, name + ".exe") }).FirstOrDefault(File.Exists);
    }
}
