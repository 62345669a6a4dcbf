using System.Globalization;

namespace P3Ebpf.Loader.Running;

/// <summary>The kinds of objects that are kept in the kernel by who refers to them.</summary>
public enum BpfObjectKind
{
    /// <summary>A program.</summary>
    Program,

    /// <summary>A map.</summary>
    Map,

    /// <summary>A link.</summary>
    Link,

    /// <summary>BTF.</summary>
    Btf,
}

/// <summary>What keeps an object in the kernel: a process that holds a descriptor of it, or a pin.</summary>
/// <param name="Kind">The kind of object.</param>
/// <param name="Id">The object's id.</param>
/// <param name="ProcessId">The process; 0 for a pin.</param>
/// <param name="Command">What the process is called; empty for a pin. Whoever runs a process chooses it.</param>
/// <param name="PinPath">The pin; <see langword="null"/> for a process.</param>
public sealed record BpfReference(BpfObjectKind Kind, uint Id, int ProcessId, string Command, string? PinPath)
{
    private static readonly (string Target, string Field, BpfObjectKind Kind)[] Kinds =
    [
        ("anon_inode:bpf-prog", "prog_id:", BpfObjectKind.Program),
        ("anon_inode:bpf-map", "map_id:", BpfObjectKind.Map),
        // As it is made, and as it is opened.
        ("anon_inode:bpf_link", "link_id:", BpfObjectKind.Link),
        ("anon_inode:bpf-link", "link_id:", BpfObjectKind.Link),
        ("anon_inode:btf", "btf_id:", BpfObjectKind.Btf),
    ];

    /// <summary>Looks at the descriptors of all processes that this one may look at, and at everything that is pinned in a bpffs that is mounted here.</summary>
    /// <remarks>Objects also keep each other: a link its program, a program its maps, a map its inner maps.</remarks>
    public static IReadOnlyList<BpfReference> FindAll() => [.. OfProcesses(), .. OfPins()];

    private static IEnumerable<BpfReference> OfProcesses()
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                continue;
            string? command = null;
            HashSet<(BpfObjectKind, uint)> seen = [];
            foreach (string descriptor in List(Path.Combine(process, "fd")))
            {
                if (Read(process, Path.GetFileName(descriptor)) is not { } found || !seen.Add(found))
                    continue;
                command ??= Text(Path.Combine(process, "comm")).TrimEnd('\n');
                yield return new BpfReference(found.Kind, found.Id, id, command, PinPath: null);
            }
        }
    }

    private static IEnumerable<BpfReference> OfPins()
    {
        foreach (string root in BpfFs.MountPoints())
        {
            foreach (string path in Files(root))
            {
                int descriptor = BpfSystemCall.OpenPinned(path);
                if (descriptor < 0)
                    continue;
                using BpfHandle handle = BpfHandle.Own(descriptor);
                if (Read("/proc/self", handle.Descriptor.ToString(CultureInfo.InvariantCulture)) is { } found)
                    yield return new BpfReference(found.Kind, found.Id, 0, string.Empty, path);
            }
        }
    }

    private static (BpfObjectKind Kind, uint Id)? Read(string process, string descriptor)
    {
        try
        {
            string? target = new FileInfo(Path.Combine(process, "fd", descriptor)).LinkTarget;
            (_, string field, BpfObjectKind kind) = Array.Find(Kinds, each => each.Target == target);
            if (field is null)
                return null;
            string? line = File.ReadLines(Path.Combine(process, "fdinfo", descriptor)).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
            return uint.TryParse(line.AsSpan(line is null ? 0 : field.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? (kind, id) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IReadOnlyList<string> Files(string directory) =>
        [.. List(directory).SelectMany(path => Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null ? Files(path) : [path])];

    private static string[] List(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
