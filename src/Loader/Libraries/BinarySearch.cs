namespace P3Ebpf.Loader.Libraries;

/// <summary>Finds the file that is meant by the name of a program or library, as in <c>uprobe/libc.so.6:malloc</c>.</summary>
/// <remarks>
/// A library is what the dynamic linker would load for a program of this machine; else, as libbpf's <c>resolve_full_path</c>, what lies in the
/// directories of libraries. A program is what the shell would run.
/// </remarks>
internal static class BinarySearch
{
    private const string AnyProgram = "/bin/sh";
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static readonly string[] LibraryDirectories = ["/usr/lib64", "/usr/lib", "/lib64", "/lib"];

    /// <summary>The file's path, as seen from this process.</summary>
    /// <param name="files">The machine.</param>
    /// <param name="name">A path, or a name without a slash.</param>
    /// <param name="action">What is being done, for messages.</param>
    /// <exception cref="BpfException">There is no such file.</exception>
    public static string Find(FileTree files, string name, string action)
    {
        if (name.Contains('/', StringComparison.Ordinal))
            return files.HasFile(name) ? files.HostPath(name) : throw new BpfException(action, Errno.ENOENT, hint: $"There is no file {name}.");
        bool isLibrary = name.EndsWith(".so", StringComparison.Ordinal) || name.Contains(".so.", StringComparison.Ordinal);
        string? found = isLibrary ? FindLibrary(files, name) : FindProgram(files, name);
        return found is not null ? files.HostPath(found) : throw new BpfException(action, Errno.ENOENT, hint: isLibrary ? MissingLibrary(files, name) : MissingProgram(name));
    }

    private static string? FindLibrary(FileTree files, string name)
    {
        var environment = new LinkerEnvironment(
            "this process", Environment.GetEnvironmentVariable("LD_LIBRARY_PATH"), WorkingDirectory: Environment.CurrentDirectory);
        return DynamicLinker.Link(files, environment, AnyProgram, [name])?.FirstOrDefault(library => library.Name == name)?.Path
            ?? LibraryDirectories.Select(directory => $"{directory}/{name}").FirstOrDefault(files.HasFile);
    }

    private static string? FindProgram(FileTree files, string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/bin:/usr/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(path => files.HasFile(path) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(files.HostPath(path)) & AnyExecute) != 0);

    private static string MissingLibrary(FileTree files, string name)
    {
        string missing = $"The dynamic linker finds no library {name}";
        return LinkerCache.Read(files) is { } cache ? NearNames.Suggest(missing, name, cache.Names) : $"{missing}.";
    }

    private static string MissingProgram(string name) => $"There is no program {name} on the PATH; give its path, or for a library its full name, such as libc.so.6.";
}
