using P3Ebpf.Cli.Failures;

namespace P3Ebpf.Cli.Objects;

/// <summary>A directory of a bpffs.</summary>
internal static class PinDirectory
{
    /// <summary>What is pinned in a directory, in the order in which it is taken down: links, programs, the rest.</summary>
    /// <exception cref="CommandException">There is no such directory, or it is none of a bpffs.</exception>
    public static IEnumerable<string> Pins(string directory)
    {
        if (!Directory.Exists(directory))
            throw new CommandException("not-found", $"{directory}: no such directory.", "Check the path; p3ebpf load --pin-dir makes it.");
        if (!BpfFs.Contains(directory))
            throw new CommandException("not-bpffs", $"{directory} is not in a bpffs.", $"Pins lie below {BpfFs.DefaultMountPoint}.");

        // Names with dots are the kernel's own.
        return Directory.EnumerateFiles(directory).Where(path => !Path.GetFileName(path).Contains('.', StringComparison.Ordinal)).Order(StringComparer.Ordinal).OrderBy(Rank);
    }

    /// <summary>Whether a directory lies in a bpffs, is not its root, and is empty.</summary>
    public static bool CanBeRemoved(string directory) =>
        Directory.Exists(directory) && BpfFs.Contains(directory) && BpfFs.Contains(Path.Combine(directory, ".."))
        && !Directory.EnumerateFileSystemEntries(directory).Any();

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
