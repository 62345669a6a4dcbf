using System.Diagnostics;
using System.Runtime.InteropServices;

namespace P3Ebpf.Loader.Tests;

/// <summary>The programs of testdata/elf as those that probes watch. Their number of arguments is how often they do what they do.</summary>
/// <remarks>A probe sees whoever runs the file, so this process has its own copies: another run of these tests would count here too.</remarks>
internal static partial class Probed
{
    private static readonly string s_directory = Directory.CreateTempSubdirectory("p3ebpf-probed-").FullName;

    /// <summary>The executable with all its symbols.</summary>
    public static string Pie => PathOf("probes.pie");

    public static string PathOf(string name) => Path.Combine(s_directory, name);

    /// <summary>Whether a file is one of the copies.</summary>
    public static bool Is(string path) => path.StartsWith(s_directory, StringComparison.Ordinal);

    public static void RequireUprobes()
    {
        Requires.Bpf();
        Requires.Path("/sys/bus/event_source/devices/uprobe/type", "This kernel was built without uprobes.");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "The programs to be probed are built for x86-64.");
    }

    /// <summary>Runs one of the programs with so many arguments, its own name among them; <c>work</c> is called twice with their number.</summary>
    public static int Run(string path, int arguments = 1)
    {
        using Process process = Process.Start(new ProcessStartInfo(path, Enumerable.Repeat("x", arguments - 1)) { RedirectStandardOutput = true })!;
        _ = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.Id;
    }

    /// <summary>Attaches the named program of an object elsewhere than its section says, runs, and returns by how much a variable grew.</summary>
    public static ulong Count(BpfObject loaded, string variable, Action act)
    {
        ulong before = loaded.Variables[variable].Get<ulong>();
        act();
        return loaded.Variables[variable].Get<ulong>() - before;
    }

    /// <summary>Loads some of the optional programs of an object.</summary>
    public static BpfObject Load(string name, params string[] programs) => Load(name, options: null, programs);

    public static BpfObject Load(string name, BpfLoadOptions? options, params string[] programs)
    {
        BpfObjectSpec spec = ObjectFile.Read(name);
        foreach (string program in programs)
            spec.Programs[program].IsAutoLoaded = true;
        return spec.Load(options);
    }

    /// <summary>Causes page faults in the calling thread.</summary>
    public static unsafe void TouchNewPages()
    {
        const int Size = 1 << 26;
        byte* memory = (byte*)NativeMemory.Alloc(Size);
        new Span<byte>(memory, Size).Fill(1);
        NativeMemory.Free(memory);
    }

    /// <summary>A function of the library with versions.</summary>
    [LibraryImport("libversions", EntryPoint = "twice")]
    public static partial int Twice(int value);

    /// <summary>Runs the library's probe <c>p3library:answered</c>.</summary>
    [LibraryImport("libversions", EntryPoint = "answer")]
    public static partial int Answer();

    static Probed()
    {
        foreach (string original in Directory.EnumerateFiles(TestData.PathOf("testdata/elf")))
            File.Copy(original, PathOf(Path.GetFileName(original)));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(s_directory, recursive: true);
        NativeLibrary.SetDllImportResolver(typeof(Probed).Assembly, (name, _, _) => name == "libversions" ? NativeLibrary.Load(PathOf("libversions.so")) : 0);
    }
}
