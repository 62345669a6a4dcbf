namespace P3Ebpf.Loader.Links;

/// <summary>A program or library to be probed: its file, and the places of functions in it.</summary>
internal sealed class UprobeTarget : IDisposable
{
    private readonly string _action;
    private readonly string _name;
    private readonly ElfFile _elf;

    private UprobeTarget(string name, string path, ElfFile elf, string action)
    {
        _name = name;
        Path = path;
        _elf = elf;
        _action = action;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    public ElfFile Elf => _elf;

    /// <summary>Finds and opens a program or library.</summary>
    /// <exception cref="BpfException">There is none, or it is no ELF file.</exception>
    public static UprobeTarget Open(string binary, string action)
    {
        string path = BinarySearch.Find(Kernel.Running.Files, binary, action);
        try
        {
            return new UprobeTarget(binary, path, ElfFile.Open(path), action);
        }
        catch (ElfFormatException e)
        {
            throw new BpfException(action, Errno.EINVAL, hint: $"{path} is no program or library that can be read: {e.Message} To probe it all the same, give a byte offset in the file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BpfException(action, Errno.EACCES, hint: $"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>The byte offset of a function in the file.</summary>
    /// <exception cref="BpfException">The file has no such function, or several.</exception>
    public ulong OffsetOf(string function) => Read(functions =>
    {
        ElfFunctionMatch match = functions.Find(function);
        return match is { Kind: ElfFunctionMatchKind.Found, Functions: [{ IsIndirect: false } found] } ? found.Offset : throw Refused(function, match, functions);
    });

    /// <summary>The functions whose name matches a pattern, one at each place.</summary>
    /// <exception cref="BpfException">There is none.</exception>
    public IReadOnlyList<ElfFunction> Match(string pattern) => Read(functions => functions.Match(pattern) is { Count: > 0 } matches
        ? matches
        : throw new BpfException(_action, Errno.ENOENT, hint: $"No function of {Path} matches {pattern}; nm -D and nm list what it has."));

    public void Dispose() => _elf.Dispose();

    private T Read<T>(Func<ElfFunctionTable, T> read)
    {
        try
        {
            return read(_elf.ReadFunctions());
        }
        catch (ElfFormatException e)
        {
            throw new BpfException(_action, Errno.EINVAL, hint: e.Message);
        }
    }

    private BpfException Refused(string function, ElfFunctionMatch match, ElfFunctionTable functions) => new(_action, match.Kind == ElfFunctionMatchKind.Found ? Errno.EINVAL : Errno.ENOENT, hint: match.Kind switch
    {
        ElfFunctionMatchKind.Found =>
            $"{function} chooses once, when a program is started, which function is called in its place (IFUNC): a probe on it would not see the calls. Probe one of its implementations.",
        ElfFunctionMatchKind.Ambiguous => $"Several functions of {Path} have that name: {Places(match)}. Say which by its version, as in {Example(match)}, or by its byte offset in the file.",
        ElfFunctionMatchKind.OtherVersion => $"{Path} has that function, in other versions: {Places(match)}.",
        ElfFunctionMatchKind.Imported => $"{Path} only calls {function}; it is defined in {match.Library ?? "a library"}. Probe it there{(match.Library is { } library ? $": {library}:{function}" : string.Empty)}.",
        ElfFunctionMatchKind.NotInFile => $"{Path} has no instructions at {function}: it holds debug information only, or is not linked yet.",
        ElfFunctionMatchKind.NotAFunction => $"{function} is data of {Path}, not a function.",
        ElfFunctionMatchKind.NoSymbols => $"{Path} was stripped of its symbols; give a byte offset in the file, or probe a file that has them.",
        _ => NearNames.Suggest($"{Path} has no function '{function}' (it may be inlined, or its symbol stripped)", function.Split('@')[0], functions.Select(f => f.Name)),
    });

    private static string Places(ElfFunctionMatch match) => string.Join(", ", match.Functions.Select(f => $"{f} at 0x{f.Offset:x}"));

    private string Example(ElfFunctionMatch match)
    {
        foreach (ElfFunction function in match.Functions)
        {
            if (function.Version.Length > 0)
                return $"{_name}:{function}";
        }

        return $"{_name}:0x{match.Functions[0].Offset:x}";
    }
}
