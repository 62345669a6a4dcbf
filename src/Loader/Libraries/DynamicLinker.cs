
namespace P3Ebpf.Loader.Libraries;

/// <summary>Finds the libraries of an executable as ld.so does, without running it.</summary>
/// <remarks>
/// glibc (ld.so(8), elf/dl-load.c): DT_RPATH of the object that needs the library and of those through which it was loaded, LD_LIBRARY_PATH,
/// DT_RUNPATH of the object alone, the cache, the default directories. musl: LD_LIBRARY_PATH, then the run paths of the whole chain, then
/// <c>/etc/ld-musl-*.path</c>.
/// </remarks>
internal sealed class DynamicLinker
{
    private static readonly Dictionary<ElfMachine, (string Triplet, string Platform)> Names = new()
    {
        [ElfMachine.X64] = ("x86_64-linux-gnu", "x86_64"),
        [ElfMachine.AArch64] = ("aarch64-linux-gnu", "aarch64"),
        [ElfMachine.I386] = ("i386-linux-gnu", "i686"),
        [ElfMachine.Arm] = ("arm-linux-gnueabihf", "v7l"),
        [ElfMachine.S390] = ("s390x-linux-gnu", "z900"),
        [ElfMachine.RiscV] = ("riscv64-linux-gnu", "riscv64"),
        [ElfMachine.PowerPC64] = ("powerpc64le-linux-gnu", "power8"),
    };

    private readonly FileTree _files;
    private readonly LinkerEnvironment _environment;
    private readonly LinkerCache? _cache;
    private readonly IReadOnlyList<string> _levels;
    private readonly List<LinkedObject> _loaded = [];
    private readonly LinkedObject _main;

    private DynamicLinker(FileTree files, LinkerEnvironment environment, LinkedObject main)
    {
        _files = files;
        _environment = environment;
        _main = main;
        _cache = LinkerCache.Read(files);
        _levels = ProcessorLevels.Of(files, main.Machine);
        _loaded.Add(main);
    }

    private bool IsMusl => _main.Interpreter is { } interpreter && interpreter.Contains("ld-musl", StringComparison.Ordinal);

    private string Triplet => Names.TryGetValue(_main.Machine, out var names) ? names.Triplet : "unknown";

    /// <summary>The executable and all libraries that are loaded with it, in the order of loading; <see langword="null"/> where it is no ELF file.</summary>
    /// <param name="files">The machine.</param>
    /// <param name="environment">Who starts it.</param>
    /// <param name="executable">Its path.</param>
    /// <param name="opened">Names of libraries that it opens while it runs (dlopen), besides those that it needs to start.</param>
    public static IReadOnlyList<LinkedObject>? Link(FileTree files, LinkerEnvironment environment, string executable, IEnumerable<string>? opened = null)
    {
        if (LinkedObject.Read(files, executable, files.Resolve(executable), "the executable", null) is not { } main)
            return null;
        var linker = new DynamicLinker(files, environment, main);
        linker.LoadAll(opened ?? []);
        return linker._loaded;
    }

    private void LoadAll(IEnumerable<string> opened)
    {
        if (_main.Interpreter is not null)
        {
            foreach (string name in Preloads())
                Load(name, _main, "preloaded: ");
        }

        // Breadth first, as ld.so does: what the executable needs comes before what its libraries need.
        LoadNeeded(0);
        int started = _loaded.Count;
        foreach (string name in opened)
            Load(name, _main, "opened while it runs: ");
        LoadNeeded(started);
    }

    private void LoadNeeded(int from)
    {
        for (int i = from; i < _loaded.Count; i++)
        {
            foreach (string name in _loaded[i].Needed)
                Load(name, _loaded[i], string.Empty);
        }
    }

    private string[] Preloads()
    {
        string environment = _environment.IsSecure ? string.Empty : _environment.Preload ?? string.Empty;
        string system = IsMusl ? string.Empty : _files.ReadText("/etc/ld.so.preload") ?? string.Empty;
        return $"{environment} {system}".Split([' ', ':', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    private void Load(string name, LinkedObject by, string how)
    {
        if (_loaded.Exists(loaded => loaded.Name == name || loaded.SoName == name))
            return;
        _loaded.Add(
            Find(name, by) is var (path, through) && LinkedObject.Read(_files, name, path, how + through, by) is { } found
                ? found
                : LinkedObject.Missing(name, by));
    }

    private (string Path, string Through)? Find(string name, LinkedObject by)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return Absolute(Expand(name, by) ?? name) is var path && Fits(path) ? (path, "its path is given") : null;
        if (IsMusl)
            return FindIn(LibraryPath(), name) ?? FindIn(MuslRunPaths(by), name) ?? FindIn(MuslDefaults(), name);
        return FindIn(RPaths(by).Concat(LibraryPath()).Concat(RunPath(by)), name)
            ?? FindInCache(name, by)
            ?? (by.IgnoresDefaults ? null : FindIn(Defaults(), name));
    }

    private (string Path, string Through)? FindIn(IEnumerable<(string Directory, string Through)> directories, string name)
    {
        foreach ((string directory, string through) in directories)
        {
            foreach (string variant in IsMusl ? [] : _levels)
            {
                string special = $"{directory}/glibc-hwcaps/{variant}/{name}";
                if (Fits(special))
                    return (special, $"{through}, for {variant} processors");
            }

            string plain = $"{directory.TrimEnd('/')}/{name}";
            if (Fits(plain))
                return (plain, through);
        }

        return null;
    }

    private (string Path, string Through)? FindInCache(string name, LinkedObject by)
    {
        if (_cache is null)
            return null;
        string[] avoided = by.IgnoresDefaults ? [.. Defaults().Select(d => d.Directory)] : [];
        LinkerCacheEntry? best = null;
        int bestRank = int.MaxValue;
        foreach (LinkerCacheEntry entry in _cache.Find(name))
        {
            int rank = entry.Variant is null ? _levels.Count : Rank(entry.Variant);
            if (rank < bestRank && Fits(entry.Path) && !avoided.Contains(Path.GetDirectoryName(entry.Path)))
                (best, bestRank) = (entry, rank);
        }

        return best is { } found ? (found.Path, LinkerCache.Path) : null;

        int Rank(string variant)
        {
            for (int i = 0; i < _levels.Count; i++)
            {
                if (_levels[i] == variant)
                    return i;
            }

            return int.MaxValue;
        }
    }

    private IEnumerable<(string Directory, string Through)> RPaths(LinkedObject by)
    {
        if (by.RunPath.Count != 0)
            yield break;
        for (LinkedObject? holder = by; holder is not null; holder = holder.Loader)
        {
            foreach ((string, string) entry in Entries(holder.RPath, "RPATH", holder))
                yield return entry;
        }
    }

    private IEnumerable<(string Directory, string Through)> RunPath(LinkedObject by) => Entries(by.RunPath, "RUNPATH", by);

    private IEnumerable<(string Directory, string Through)> MuslRunPaths(LinkedObject by)
    {
        for (LinkedObject? holder = by; holder is not null; holder = holder.Loader)
        {
            foreach ((string, string) entry in Entries(holder.RunPath.Count != 0 ? holder.RunPath : holder.RPath, "run path", holder))
                yield return entry;
        }
    }

    private IEnumerable<(string Directory, string Through)> Entries(IReadOnlyList<string> path, string tag, LinkedObject holder)
    {
        foreach (string entry in path)
        {
            if (Expand(entry, holder) is { } directory)
                yield return (Absolute(directory), entry == directory ? $"{tag} {entry} of {holder.Path}" : $"{tag} {entry} ({directory}) of {holder.Path}");
        }
    }

    private IEnumerable<(string Directory, string Through)> LibraryPath()
    {
        if (_environment.IsSecure || string.IsNullOrEmpty(_environment.LibraryPath))
            yield break;
        foreach (string entry in _environment.LibraryPath.Split(':', ';'))
        {
            if (Expand(entry, _main) is { } directory)
                yield return (Absolute(directory), $"LD_LIBRARY_PATH entry {(entry.Length == 0 ? "'' (the working directory)" : entry)}");
        }
    }

    private IEnumerable<(string Directory, string Through)> Defaults()
    {
        string[] directories = _main.Class == ElfClass.Elf64
            ? [$"/lib/{Triplet}", $"/usr/lib/{Triplet}", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
            : [$"/lib/{Triplet}", $"/usr/lib/{Triplet}", "/lib", "/usr/lib"];
        return directories.Select(directory => (directory, $"default directory {directory}"));
    }

    private IEnumerable<(string Directory, string Through)> MuslDefaults()
    {
        string file = $"/etc/{Path.GetFileNameWithoutExtension(Path.GetFileName(_main.Interpreter)!).Split(".so")[0]}.path";
        string[] directories = _files.ReadText(file)?.Split([':', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? ["/lib", "/usr/local/lib", "/usr/lib"];
        return directories.Select(directory => (directory, $"default directory {directory}"));
    }

    /// <summary>Replaces $ORIGIN, $LIB and $PLATFORM; <see langword="null"/> where the entry must not be heeded.</summary>
    private string? Expand(string entry, LinkedObject holder)
    {
        if (!entry.Contains('$', StringComparison.Ordinal))
            return entry;
        string origin = Path.GetDirectoryName(holder.Path ?? "/") ?? "/";
        bool isMultiarch = _files.HasDirectory($"/lib/{Triplet}");
        string library = isMultiarch ? $"lib/{Triplet}" : _main.Class == ElfClass.Elf64 ? "lib64" : "lib";
        string platform = Names.TryGetValue(_main.Machine, out var names) ? names.Platform : string.Empty;
        string expanded = Replace(Replace(Replace(entry, "ORIGIN", origin), "LIB", library), "PLATFORM", platform);
        // A program that runs with more rights than its caller takes nothing from where it lies, unless that is the system's.
        bool mayBeTaken = !_environment.IsSecure || expanded == entry
            || Defaults().Any(d => (Path.GetFullPath(expanded) + "/").StartsWith(d.Directory + "/", StringComparison.Ordinal));
        return mayBeTaken ? expanded : null;
    }

    private static string Replace(string text, string token, string value) =>
        text.Replace("${" + token + "}", value, StringComparison.Ordinal).Replace("$" + token, value, StringComparison.Ordinal);

    /// <summary>Steps up (..) stay: where they lead depends on links.</summary>
    private string Absolute(string path) => path.StartsWith('/') ? path : $"{_environment.WorkingDirectory.TrimEnd('/')}/{path}";

    /// <summary>Files of another architecture are passed over.</summary>
    private bool Fits(string path)
    {
        if (!_files.HasFile(path))
            return false;
        using ElfFile? elf = _files.OpenElf(path);
        return elf is not null && elf.Header.Class == _main.Class && elf.Header.Machine == _main.Machine;
    }
}

/// <summary>What decides, besides the files, which libraries the dynamic linker takes.</summary>
/// <param name="Who">Who starts the program, in words that finish "for …".</param>
/// <param name="LibraryPath">LD_LIBRARY_PATH.</param>
/// <param name="Preload">LD_PRELOAD.</param>
/// <param name="WorkingDirectory">What relative and empty entries of the search path count from.</param>
/// <param name="IsSecure">Whether the program runs with rights that its caller lacks (setuid), so that the environment is not heeded.</param>
internal sealed record LinkerEnvironment(
    string Who, string? LibraryPath = null, string? Preload = null, string WorkingDirectory = "/", bool IsSecure = false);
