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
    private const int LongestTarget = 64;

    private static readonly (byte[] Target, string Field, BpfObjectKind Kind)[] Kinds =
    [
        ([.. "anon_inode:bpf-prog"u8], "prog_id:", BpfObjectKind.Program),
        ([.. "anon_inode:bpf-map"u8], "map_id:", BpfObjectKind.Map),
        // As it is made, and as it is opened.
        ([.. "anon_inode:bpf_link"u8], "link_id:", BpfObjectKind.Link),
        ([.. "anon_inode:bpf-link"u8], "link_id:", BpfObjectKind.Link),
        ([.. "anon_inode:btf"u8], "btf_id:", BpfObjectKind.Btf),
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

            // Beside it, in fd, are links, and .NET asks of each what it leads to.
            foreach (string descriptor in List(Path.Combine(process, "fdinfo")))
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
        if (KindOf($"{process}/fd/{descriptor}") is not (string field, BpfObjectKind kind))
            return null;
        try
        {
            string? line = File.ReadLines(Path.Combine(process, "fdinfo", descriptor)).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
            return uint.TryParse(line.AsSpan(line is null ? 0 : field.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? (kind, id) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Of thousands of descriptors a few are of BPF: each is one system call, where <see cref="FileSystemInfo.LinkTarget"/> takes three.</summary>
    private static unsafe (string Field, BpfObjectKind Kind)? KindOf(string descriptor)
    {
        Span<byte> target = stackalloc byte[LongestTarget];
        fixed (byte* start = target)
        {
            nint length = Libc.ReadLink(descriptor, start, LongestTarget);
            foreach ((byte[] name, string field, BpfObjectKind kind) in Kinds)
            {
                if (length == name.Length && target.StartsWith(name))
                    return (field, kind);
            }
        }

        return null;
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
