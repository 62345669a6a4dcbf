
namespace P3Ebpf.Loader.Libraries;

/// <summary>An executable or library as the dynamic linker sees it.</summary>
internal sealed class LinkedObject
{
    private const ulong NoDefaultLibraries = 0x800; // DF_1_NODEFLIB

    private LinkedObject(string name, string? path, string through, LinkedObject? loader)
    {
        Name = name;
        Path = path;
        Through = through;
        Loader = loader;
    }

    /// <summary>The name under which it was asked for.</summary>
    public string Name { get; }

    /// <summary>The file; <see langword="null"/> where none was found.</summary>
    public string? Path { get; }

    /// <summary>How the file was found.</summary>
    public string Through { get; }

    /// <summary>The object that needs it; <see langword="null"/> for the executable.</summary>
    public LinkedObject? Loader { get; }

    public string? SoName { get; private init; }

    public IReadOnlyList<string> Needed { get; private init; } = [];

    public IReadOnlyList<string> RPath { get; private init; } = [];

    public IReadOnlyList<string> RunPath { get; private init; } = [];

    /// <summary>Whether the object forbids the default directories.</summary>
    public bool IgnoresDefaults { get; private init; }

    public ElfClass Class { get; private init; }

    public ElfMachine Machine { get; private init; }

    public string? Interpreter { get; private init; }

    /// <summary>The executable and the libraries through which this object came to be needed, first to last.</summary>
    public string Chain => Loader is null ? Path ?? Name : $"{Loader.Chain} -> {Name}";

    public static LinkedObject Missing(string name, LinkedObject loader) => new(name, null, "not found", loader);

    /// <summary>Reads an object; <see langword="null"/> where the file is not a usable ELF file.</summary>
    public static LinkedObject? Read(FileTree files, string name, string path, string through, LinkedObject? loader)
    {
        using ElfFile? elf = files.OpenElf(path);
        if (elf is null)
            return null;
        try
        {
            ElfDynamicTable dynamic = elf.ReadDynamic();
            string[] runPath = Split(dynamic.RunPath);
            return new LinkedObject(name, path, through, loader)
            {
                SoName = dynamic.SoName,
                Needed = [.. dynamic.Needed],
                RunPath = runPath,
                // DT_RPATH counts for nothing beside DT_RUNPATH.
                RPath = dynamic.RunPath is null ? Split(dynamic.RPath) : [],
                IgnoresDefaults = dynamic.TryGet(ElfDynamicTag.Flags1, out ulong flags) && (flags & NoDefaultLibraries) != 0,
                Class = elf.Header.Class,
                Machine = elf.Header.Machine,
                Interpreter = elf.ReadInterpreter(),
            };
        }
        catch (ElfFormatException)
        {
            return null;
        }
    }

    private static string[] Split(string? path) => path is null ? [] : path.Split(':');
}
