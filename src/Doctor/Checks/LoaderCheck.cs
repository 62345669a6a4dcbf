using Codes = P3Ebpf.Doctor.DoctorFindingCodes;

namespace P3Ebpf.Doctor;

/// <summary>Examines the loader: which libbpf does it use, for whom, and of which version.</summary>
internal sealed class LoaderCheck(DoctorContext context)
{
    private const string You = "you";
    private const string Root = "root (sudo)";
    private const string Libbpf = "libbpf.so";
    private const string NameRunning = "start it and give the number of its process as the loader";

    private readonly FileTree _files = context.Files;

    /// <summary>Examines the loader that was given; <see langword="null"/> where none was, or it cannot be examined.</summary>
    public LoaderFacts? Run()
    {
        if (context.Request.Loader is not { } loader)
            return null;
        LoaderFacts? subject = RunningProcess.Find(_files, loader) is { } process ? ExamineProcess(process) : ExamineFile(loader);
        if (subject is { Effective: { } use })
            AddFound(subject, use);
        return subject;
    }

    private LoaderFacts? ExamineProcess(RunningProcess process)
    {
        string name = $"process {process.Id}{(process.Executable is null ? string.Empty : $" ({process.Executable})")}";
        if (process.Mapped is null)
        {
            context.Add(
                Codes.NotPermitted, 60, $"What {name} has loaded may be read only by its owner and by root.", [$"/proc/{process.Id}/maps cannot be read"],
                $"run the doctor as root, or: sudo grep libbpf /proc/{process.Id}/maps");
            return null;
        }

        var uses = new List<LibbpfUse>();
        foreach (string mapped in process.Libbpf)
        {
            LibbpfImage image = LibbpfImage.Read(_files, process.ReachableFrom(_files, mapped)) ?? FromName(mapped);
            string note = RunningProcess.IsDeleted(mapped) ? "; the file has been replaced since, so the process must be started again to use the new one" : string.Empty;
            uses.Add(new LibbpfUse(image, name, $"/proc/{process.Id}/maps: {mapped}{note}"));
        }

        if (uses.Count == 0 && LibbpfImage.Read(_files, $"/proc/{process.Id}/exe") is { } within)
            uses.Add(new LibbpfUse(within with { Path = process.Executable ?? within.Path }, name, $"/proc/{process.Id}/exe"));
        if (uses.Count == 0)
        {
            foreach (string mapped in process.Mapped.Where(path => path.Contains(".so", StringComparison.Ordinal)))
            {
                if (LibbpfImage.Read(_files, process.ReachableFrom(_files, mapped)) is { } bundled)
                    uses.Add(new LibbpfUse(bundled, name, $"/proc/{process.Id}/maps: {mapped}"));
            }
        }

        if (uses.Count == 0)
            AddNotFound(name, [$"/proc/{process.Id}/maps lists {process.Mapped.Count} files, and none of them is libbpf or has it linked in"], null);
        return new LoaderFacts(name, uses);
    }

    private LoaderFacts? ExamineFile(string path)
    {
        if (!_files.HasFile(path))
        {
            context.Add(Codes.LibbpfNotFound, 60, $"The loader {path} does not exist.", [], "give its path, or the number of its process");
            return null;
        }

        if (DynamicLinker.Link(_files, For(You), path) is null)
        {
            ExplainScript(path);
            return new LoaderFacts(path, []);
        }

        var uses = new List<LibbpfUse>();
        foreach (LinkerEnvironment environment in Environments(path))
            uses.AddRange(UsesOf(path, environment));
        ReportDifference(path, uses);
        if (uses.Count == 0)
            ExplainAbsence(path);
        return new LoaderFacts(path, [.. uses.GroupBy(u => (u.Image.Path, u.Through)).Select(Joined)]);
    }

    /// <summary>What is the same for all is told once.</summary>
    private static LibbpfUse Joined(IEnumerable<LibbpfUse> same) => same.First() with { Who = string.Join(" and ", same.Select(u => u.Who)) };

    /// <summary>You, with your environment unless the executable is setuid; and root, for whom sudo's own start has dropped LD_LIBRARY_PATH.</summary>
    private IEnumerable<LinkerEnvironment> Environments(string path)
    {
        UnixFileMode mode = OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(_files.HostPath(path));
        bool isSecure = (mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup)) != 0;
        yield return For(You) with { IsSecure = isSecure };
        yield return new LinkerEnvironment(Root, WorkingDirectory: Environment.CurrentDirectory);
    }

    private LinkerEnvironment For(string who) => new(
        who, context.Environment.GetValueOrDefault("LD_LIBRARY_PATH"), context.Environment.GetValueOrDefault("LD_PRELOAD"), Environment.CurrentDirectory);

    private List<LibbpfUse> UsesOf(string path, LinkerEnvironment environment)
    {
        IReadOnlyList<LinkedObject> linked = DynamicLinker.Link(_files, environment, path)!;
        if (!linked.Any(IsLibbpf) && linked.SelectMany(NamesOpened).Distinct().ToArray() is { Length: > 0 } names)
            linked = DynamicLinker.Link(_files, environment, path, names)!;

        var uses = new List<LibbpfUse>();
        foreach (LinkedObject library in linked.Where(IsLibbpf))
        {
            if (library.Path is not null && LibbpfImage.Read(_files, library.Path) is { } image)
                uses.Add(new LibbpfUse(image, environment.Who, $"{library.Chain}, through {library.Through}"));
        }

        if (uses.Count != 0)
            return uses;
        foreach (LinkedObject holder in linked.Where(o => o.Path is not null))
        {
            if (LibbpfImage.Read(_files, holder.Path!) is { } image)
                uses.Add(new LibbpfUse(image, environment.Who, How(holder, image)));
        }

        return uses;
    }

    private static string How(LinkedObject holder, LibbpfImage image) =>
        !image.IsStatic ? "the file itself" : holder.Loader is null ? "linked in statically" : $"linked statically into {holder.Chain}";

    private static bool IsLibbpf(LinkedObject library) =>
        library.Loader is not null && (library.SoName ?? library.Name).StartsWith(Libbpf, StringComparison.Ordinal);

    private IReadOnlyList<string> NamesOpened(LinkedObject library) => library.Path is null ? [] : LibbpfImage.NamesIn(_files, library.Path);

    /// <summary>A library whose file is gone or unreadable still has a name.</summary>
    private static LibbpfImage FromName(string mapped)
    {
        string name = Path.GetFileName(mapped);
        int at = name.IndexOf(".so.", StringComparison.Ordinal);
        Version? version = at < 0 ? null : LibbpfVersions.Parse(name[(at + 4)..]);
        LibbpfVersions versions = version is null ? LibbpfVersions.Any : LibbpfVersions.Of(version.Major, version.Minor);
        return new LibbpfImage(mapped, IsStatic: false, versions, ["the file itself cannot be read; the version is that of its name"]);
    }

    private void AddFound(LoaderFacts subject, LibbpfUse use)
    {
        bool isShared = !use.Image.IsStatic;
        List<string> evidence = [.. subject.Uses.Select(u => $"for {u.Who}: {u.Image} ({u.Through})").Distinct(), .. use.Image.Evidence];
        context.Add(
            isShared ? Codes.LibbpfFound : Codes.LibbpfStatic, isShared ? 25 : 35,
            isShared
                ? $"{subject.Name} uses {use.Image}."
                : $"libbpf {use.Image.VersionText} is linked into {use.Image.Path}: which libbpf is installed makes no difference to it.",
            evidence, isShared ? null : "to change its libbpf, build it against another one");
    }

    private void ReportDifference(string path, List<LibbpfUse> uses)
    {
        LibbpfUse? mine = uses.Find(u => u.Who == You);
        LibbpfUse? roots = uses.Find(u => u.Who == Root);
        if (mine?.Image.Path == roots?.Image.Path)
            return;
        context.Add(
            Codes.LibbpfDiffersUnderSudo, 60,
            $"{path} gets {Name(mine)} when you start it, and {Name(roots)} under sudo.",
            [
                .. uses.Select(u => $"for {u.Who}: {u.Through}"),
                "sudo is a setuid program: the dynamic linker takes LD_LIBRARY_PATH and LD_PRELOAD away from it before it starts, whatever env_keep says",
            ],
            $"sudo LD_LIBRARY_PATH=… {path}, or give the executable a RUNPATH (patchelf --set-rpath DIR {path}), or list the directory in /etc/ld.so.conf.d and run ldconfig");

        static string Name(LibbpfUse? use) => use is null ? "no libbpf" : use.Image.ToString();
    }

    private void ExplainAbsence(string path)
    {
        IReadOnlyList<LinkedObject> linked = DynamicLinker.Link(_files, For(Root), path)!;
        if (linked.FirstOrDefault(o => o.Path is null && o.Name.StartsWith(Libbpf, StringComparison.Ordinal)) is { } missing)
        {
            AddNotFound(path, [$"{missing.Chain}: not found in RPATH, RUNPATH, LD_LIBRARY_PATH, {LinkerCache.Path} or the default directories"], $"install {missing.Name}, or run ldconfig");
            return;
        }

        AddNotFound(path, [$"it needs {linked.Count - 1} libraries, and none of them is libbpf or has it linked in"], NameRunning);
    }

    private void ExplainScript(string path)
    {
        byte[] data = _files.ReadBytes(path) ?? [];
        string first = System.Text.Encoding.UTF8.GetString(data.AsSpan(0, Math.Min(data.Length, 256))).Split('\n')[0].Trim();
        if (!first.StartsWith("#!", StringComparison.Ordinal))
        {
            AddNotFound(path, ["it is neither an ELF executable nor a script"], NameRunning);
            return;
        }

        AddNotFound(
            path, [$"it is a script for {first[2..].Trim()}, which loads libbpf while it runs: the installed one, or one that a package brings along (a .so file in a wheel or module directory)"],
            NameRunning);
    }

    private void AddNotFound(string name, IEnumerable<string> evidence, string? action) =>
        context.Add(Codes.LibbpfNotFound, 40, $"No libbpf was found in {name}.", evidence, action);
}

/// <summary>The loader, as examined.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Uses">The libbpf that it uses, for each who may start it.</param>
internal sealed record LoaderFacts(string Name, IReadOnlyList<LibbpfUse> Uses)
{
    /// <summary>The one that counts: loading BPF takes root, so what root gets comes last and decides.</summary>
    public LibbpfUse? Effective => Uses.Count == 0 ? null : Uses[^1];
}

/// <summary>A libbpf that the loader uses.</summary>
/// <param name="Image">The library.</param>
/// <param name="Who">For whom: <c>you</c>, <c>root (sudo)</c>.</param>
/// <param name="Through">How the loader comes to it.</param>
internal sealed record LibbpfUse(LibbpfImage Image, string Who, string Through);
