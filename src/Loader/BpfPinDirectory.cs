namespace P3Ebpf.Loader;

/// <summary>A directory of a bpffs, with what <see cref="BpfPinPlan"/> or others pinned in it.</summary>
public static class BpfPinDirectory
{
    /// <summary>
    /// What is pinned in a directory, in the order in which it is best taken down: links, which detach their programs, then programs, then the
    /// rest. Names with dots are the kernel's own and left out.
    /// </summary>
    /// <param name="directory">A directory that exists.</param>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static IReadOnlyList<string> PinsIn(string directory) =>
    [
        .. Directory.EnumerateFiles(directory)
            .Where(path => !Path.GetFileName(path).Contains('.', StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .OrderBy(Rank),
    ];

    /// <summary>Removes a directory of a bpffs if it is empty.</summary>
    /// <returns>Whether it was removed. It stays if it is the root of a bpffs, in none, only a symbolic link to one, or holds something.</returns>
    /// <exception cref="BpfException">It may not be removed, or is in use.</exception>
    public static bool TryRemove(string directory)
    {
        DirectoryInfo info = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));
        bool canBeRemoved = info is { Exists: true, LinkTarget: null, Parent: { } parent }
            && BpfFs.Contains(info.FullName) && BpfFs.Contains(parent.FullName) && !info.EnumerateFileSystemInfos().Any();
        if (canBeRemoved && Libc.RemoveDirectory(info.FullName) != 0)
            throw new BpfException($"removing {info.FullName}", -Libc.NegativeError);
        return canBeRemoved;
    }

    private static int Rank(string pin) => Opens(() => BpfLink.FromPin(pin)) ? 0 : Opens(() => BpfProgram.FromPin(pin)) ? 1 : 2;

    private static bool Opens(Func<BpfResource> open)
    {
        try
        {
            open().Dispose();
            return true;
        }
        catch (BpfException)
        {
            return false;
        }
    }
}
