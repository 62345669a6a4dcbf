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

    [LibraryImport(Library, EntryPoint = "bpf_object__load")]
    public static partial int LoadObject(nint bpfObject);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    public static partial void CloseObject(nint bpfObject);
}
