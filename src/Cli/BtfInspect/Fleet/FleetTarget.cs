namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>A kernel to ask, by its BTF. What is in the file is read when it is its turn.</summary>
/// <param name="Name">What to call it: the file or directory.</param>
/// <param name="Read">Reads it.</param>
internal sealed record FleetTarget(string Name, Func<CoreTarget> Read)
{
    /// <summary>In a directory the kernel's own BTF has this name, and the others beside it are its modules', as under /sys/kernel/btf.</summary>
    private const string Kernel = "vmlinux";

    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, MaxRecursionDepth = 16, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Whether this is the running kernel, for want of any other.</summary>
    public bool IsRunning { get; private init; }

    /// <summary>Whether the file was found in a directory, rather than named; that of a module is passed over then.</summary>
    public bool IsFound { get; private init; }

    /// <summary>The running kernel.</summary>
    public static FleetTarget Running() => new(Loader.Running.Kernel.BtfPath, () => Loader.Running.Kernel.Running.CoreTarget) { IsRunning = true };

    /// <summary>The kernels that a file or directory stands for, in the order of their names.</summary>
    /// <param name="path">A file; a directory that holds the BTF of one kernel and its modules; or one that holds files of many kernels, at any depth.</param>
    /// <param name="baseSpec">What split BTF continues: a file alone, all modules of a directory together.</param>
    public static IReadOnlyList<FleetTarget> Of(string path, BtfSpec? baseSpec)
    {
        if (!Directory.Exists(path))
        {
            string file = NamedFile.Require(path, "a kernel's BTF");
            return [new FleetTarget(path, () => new CoreTarget(BtfFile.Read(file, baseSpec)))];
        }

        if (baseSpec is not null)
            return [new FleetTarget(path, () => CoreTarget.Kernel(baseSpec, () => ModulesOf(FilesOf(path, recursive: false), baseSpec)))];
        List<FleetTarget> found = [];
        string[] files = FilesOf(path, recursive: true);
        foreach (IGrouping<string, string> group in files.GroupBy(file => Path.GetDirectoryName(file)!).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            if (group.FirstOrDefault(file => NameOf(file) == Kernel) is { } kernel && group.Count() > 1)
                found.Add(new FleetTarget(group.Key, () => ReadKernel(kernel, [.. group.Where(file => file != kernel)])));
            else
                found.AddRange(group.Select(file => new FleetTarget(file, () => new CoreTarget(BtfFile.Read(file))) { IsFound = true }));
        }

        return found.Count > 0 ? found : throw new CommandException("not-found", $"{path}: no file in it is BTF.", "Name files that bpftool, pahole or BTFHub made, or directories of them.");
    }

    private static CoreTarget ReadKernel(string path, string[] modules)
    {
        BtfSpec kernel = BtfFile.Read(path);
        return CoreTarget.Kernel(kernel, () => ModulesOf(modules, kernel));
    }

    private static IEnumerable<CoreModule> ModulesOf(string[] files, BtfSpec kernel) => files.Select(file => new CoreModule(NameOf(file), () => BtfFile.Read(file, kernel)));

    private static string[] FilesOf(string directory, bool recursive)
    {
        IEnumerable<string> files = recursive ? Directory.EnumerateFiles(directory, "*", Everything) : Directory.EnumerateFiles(directory);
        return [.. files.Where(BtfFile.LooksReadable).Order(StringComparer.Ordinal)];
    }

    private static string NameOf(string file)
    {
        string name = Path.GetFileName(file);
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? name : name[..dot];
    }
}
