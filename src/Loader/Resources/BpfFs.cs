using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Resources;

/// <summary>The file system whose files are pinned BPF objects.</summary>
public static unsafe class BpfFs
{
    /// <summary>Where bpffs is mounted by convention.</summary>
    public const string DefaultMountPoint = "/sys/fs/bpf";

    private const uint Magic = 0xcafe4a11;
    private const uint PrivateDirectory = 0x1C0; // 0700

    // Fields of /proc/PID/mountinfo (Documentation/filesystems/proc.rst, 3.5): ID, parent, device, root, mount point, options …, "-", type, source,
    // options of the file system.
    private const int Device = 2;
    private const int MountedRoot = 3;
    private const int MountPoint = 4;

    /// <summary>Whether a path, which must exist, lies in a bpffs.</summary>
    public static bool Contains(string path)
    {
        byte* buffer = stackalloc byte[256]; // struct statfs is at most 120 bytes
        return Libc.StatFileSystem(path, buffer) == 0 && FileSystemType(buffer) == Magic;
    }

    /// <summary>Where a bpffs is mounted in this process's mount namespace.</summary>
    public static IReadOnlyList<string> MountPoints() =>
    [
        .. Mounts().Where(fields => fields.SkipWhile(field => field != "-").ElementAtOrDefault(1) == "bpf")
            .DistinctBy(fields => (fields[Device], fields[MountedRoot])).Select(fields => fields[MountPoint].Replace("\\040", " ", StringComparison.Ordinal)),
    ];

    /// <summary>The options of what is mounted last at a place, those of the file system.</summary>
    internal static string[] OptionsOf(string path)
    {
        string place = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)).Replace(" ", "\\040", StringComparison.Ordinal);
        string[]? fields = Mounts().LastOrDefault(fields => fields[MountPoint] == place);
        return fields?[^1].Split(',') ?? [];
    }

    private static IEnumerable<string[]> Mounts() => File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '));

    /// <summary>Removes a pin.</summary>
    /// <exception cref="BpfException">Nothing is there, it is a symbolic link, or it is not in a bpffs (ordinary files are never deleted).</exception>
    public static void Unpin(string path)
    {
        string action = $"unpinning {path}";
        FileInfo file = new(path);
        if (file.LinkTarget is { } target)
            throw new BpfException(action, Errno.EINVAL, hint: $"It is a symbolic link, which stays; unpin what it leads to, {target}.");
        if (!file.Exists)
            throw new BpfException(action, Errno.ENOENT, hint: "Nothing is pinned there.");

        // What is removed is a name in the directory; the file itself may be mounted from elsewhere.
        if (!Contains(file.DirectoryName!))
            throw new BpfException(action, Errno.EINVAL, hint: "It is an ordinary file, not in a bpffs.");
        if (Libc.RemoveFile(path) != 0)
            throw new BpfException(action, -Libc.NegativeError);
    }

    /// <summary>Checks every path before anything is loaded, mounts bpffs on <c>/sys/fs/bpf</c> if one lies there and nothing is
    /// mounted, and makes missing directories.</summary>
    /// <param name="paths">Where objects are about to be pinned.</param>
    /// <returns>What was done; disposing it without <see cref="BpfPinScope.Complete"/> undoes it.</returns>
    /// <exception cref="BpfException">A path exists or cannot be pinned to; nothing is left behind.</exception>
    public static BpfPinScope Prepare(IEnumerable<string> paths)
    {
        BpfPinScope scope = new();
        try
        {
            HashSet<string> seen = new(StringComparer.Ordinal);
            foreach (string path in paths.Select(Path.GetFullPath))
            {
                if (!seen.Add(path))
                    throw new BpfException($"pinning at {path}", Errno.EEXIST, hint: "Two objects are to be pinned at the same path.");
                scope.Add(path);
            }
            return scope;
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    internal static bool NeedsMount(string path) =>
        IsBelow(path, DefaultMountPoint) && Directory.Exists(DefaultMountPoint) && !Contains(DefaultMountPoint);

    internal static void Mount()
    {
        const nuint Flags = 2 | 4 | 8; // MS_NOSUID, MS_NODEV, MS_NOEXEC
        if (Libc.Mount("bpf", DefaultMountPoint, "bpf", Flags, "mode=0700") != 0)
            throw new BpfException($"mounting bpffs on {DefaultMountPoint}", -Libc.NegativeError, hint: "Pinning needs a mounted bpffs: mount -t bpf bpf /sys/fs/bpf");
    }

    internal static void Unmount() => _ = Libc.Unmount(DefaultMountPoint, 0);

    /// <summary>Takes back a pin that was just made, once more where that fails: there is nobody to tell.</summary>
    internal static void TakeBack(string pin) => _ = Libc.RemoveFile(pin) == 0 || Libc.RemoveFile(pin) == 0;

    /// <summary>The same for directories, outermost first; those that somebody else uses by now stay.</summary>
    internal static void TakeBack(IReadOnlyList<string> directories)
    {
        foreach (string directory in directories.Reverse())
            _ = Libc.RemoveDirectory(directory) == 0 || Libc.RemoveDirectory(directory) == 0;
    }

    /// <summary>Makes the missing directories above a pin, all or none, and returns them, outermost first.</summary>
    internal static List<string> CreateParent(string path, string what)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("Pinning needs the Linux kernel.");

        string action = $"pinning {what} at {path}";
        Stack<string> missing = new();
        string? directory = Path.GetDirectoryName(Path.GetFullPath(path));
        for (; directory is not null && !Directory.Exists(directory); directory = Path.GetDirectoryName(directory))
            missing.Push(directory);

        if (directory is null || !Contains(directory))
            throw new BpfException(action, Errno.EINVAL, hint: $"{directory} is not in a bpffs; pin below {DefaultMountPoint}.");
        if (File.Exists(path) || Directory.Exists(path))
            throw new BpfException(action, Errno.EEXIST, BpfCommand.ObjPin);

        if (missing.Append(path).Any(each => Path.GetFileName(each).Contains('.', StringComparison.Ordinal)))
            throw new BpfException(action, Errno.EINVAL, hint: "Names in a bpffs may not contain a dot.");

        List<string> created = [];
        foreach (string each in missing)
        {
            int error = Libc.MakeDirectory(each, PrivateDirectory) == 0 ? 0 : -Libc.NegativeError;
            if (error == 0)
                created.Add(each);

            // Somebody else may have made it meanwhile.
            if (error is 0 or Errno.EEXIST)
                continue;
            TakeBack(created);
            throw new BpfException($"{action} (making directory {each})", error);
        }

        return created;
    }

    private static bool IsBelow(string path, string directory) => path.StartsWith(directory + "/", StringComparison.Ordinal);

    // f_type is the first member: a long, but an unsigned int on s390x.
    private static uint FileSystemType(byte* buffer) =>
        RuntimeInformation.ProcessArchitecture == Architecture.S390x ? *(uint*)buffer : (uint)*(nint*)buffer;
}
