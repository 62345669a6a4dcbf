using System.Runtime.InteropServices;

namespace P3Ebpf.Benchmarks;

/// <summary>The installed libbpf, to do the same work beside ours. Needs <c>libbpf.so.1</c>; the benchmarks of it are left out without.</summary>
internal static partial class Libbpf
{
    private const string Library = "libbpf.so.1";

    public static bool IsInstalled { get; } = NativeLibrary.TryLoad(Library, out _);

    [LibraryImport(Library, EntryPoint = "btf__parse_raw", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ParseRaw(string path);

    [LibraryImport(Library, EntryPoint = "btf__find_by_name_kind", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FindByNameAndKind(nint btf, string name, uint kind);

    [LibraryImport(Library, EntryPoint = "btf__free")]
    public static partial void FreeBtf(nint btf);

    [LibraryImport(Library, EntryPoint = "bpf_object__open_file", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OpenObject(string path, nint options);

    /// <summary>Opens an object that is to be relocated against a BTF in a file.</summary>
    public static unsafe nint OpenObject(string path, string btf)
    {
        // struct bpf_object_open_opts: its size first, btf_custom_path as the seventh word.
        nint* options = stackalloc nint[7];
        new Span<nint>(options, 7).Clear();
        options[0] = 7 * sizeof(nint);
        options[6] = Marshal.StringToCoTaskMemUTF8(btf);
        nint opened = OpenObject(path, (nint)options);
        Marshal.FreeCoTaskMem(options[6]);
        return opened;
    }

    /// <summary>0 silences the library.</summary>
    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    public static partial nint SetPrint(nint callback);

    [LibraryImport(Library, EntryPoint = "bpf_object__load")]
    public static partial int LoadObject(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    public static partial void CloseObject(nint bpfObject);
}
