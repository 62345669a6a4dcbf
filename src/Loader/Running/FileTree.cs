
namespace P3Ebpf.Loader.Running;

/// <summary>The files of a machine as seen from a directory that stands for its root. Files that cannot be read count as absent.</summary>
/// <param name="root">The directory; <c>/</c> for this machine.</param>
internal sealed class FileTree(string root)
{
    private const int MaxLinks = 40;

    private readonly string _root = Path.GetFullPath(root).TrimEnd('/');

    /// <summary>The path by which this process reaches a file of the tree.</summary>
    public string HostPath(string path) => _root.Length == 0 ? path : _root + Resolve(path);

    /// <summary>The path without symbolic links; links lead to places within the tree. What does not exist stays as it is.</summary>
    public string Resolve(string path)
    {
        var pending = new Stack<string>();
        Push(path);
        string resolved = string.Empty;
        for (int links = 0; pending.TryPop(out string? part);)
        {
            if (part is "" or ".")
                continue;
            if (part == "..")
            {
                resolved = resolved[..Math.Max(0, resolved.LastIndexOf('/'))];
                continue;
            }

            string next = $"{resolved}/{part}";
            if (LinkTarget(_root + next) is not { } target || ++links > MaxLinks)
            {
                resolved = next;
                continue;
            }

            if (target.StartsWith('/'))
                resolved = string.Empty;
            Push(target);
        }

        return resolved.Length == 0 ? "/" : resolved;

        void Push(string parts)
        {
            foreach (string part in parts.Split('/').Reverse())
                pending.Push(part);
        }
    }

    public bool HasFile(string path) => File.Exists(HostPath(path));

    public bool HasDirectory(string path) => Directory.Exists(HostPath(path));

    /// <summary>The content as text, or <see langword="null"/>.</summary>
    public string? ReadText(string path) => Read(path, File.ReadAllText);

    /// <summary>The content, or <see langword="null"/>.</summary>
    public byte[]? ReadBytes(string path) => Read(path, File.ReadAllBytes);

    /// <summary>The file names in a directory, sorted; none where it cannot be read.</summary>
    public IReadOnlyList<string> List(string directory)
    {
        string[] names = Read(directory, path => Directory.Exists(path) ? Directory.GetFileSystemEntries(path) : []) ?? [];
        Array.Sort(names, StringComparer.Ordinal);
        return [.. names.Select(name => Path.GetFileName(name))];
    }

    /// <summary>Where a symbolic link leads, or <see langword="null"/>.</summary>
    public string? ReadLink(string path) => LinkTarget(HostPath(Path.GetDirectoryName(path)!) + "/" + Path.GetFileName(path));

    /// <summary>Opens an ELF file; <see langword="null"/> where it is none, or cannot be read.</summary>
    public ElfFile? OpenElf(string path) => Read(path, host => ElfFile.Open(host));

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private T? Read<T>(string path, Func<string, T> read)
        where T : class
    {
        try
        {
            return read(HostPath(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ElfFormatException)
        {
            return null;
        }
    }
}
