using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace P3Ebpf.TestSupport;

/// <summary>Finds and reads the files under <c>testdata/</c> and <c>bpf/</c>.</summary>
internal static class TestData
{
    /// <summary>The repository's root: the directory that holds the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file of the repository, by its path from the root.</summary>
    public static string PathOf(string relativePath) => Path.Combine(Root, relativePath);

    /// <summary>A captured BTF of <c>testdata/btf</c>, by its name without <c>.btf.gz</c>, uncompressed.</summary>
    public static byte[] Btf(string name)
    {
        using FileStream file = File.OpenRead(PathOf($"testdata/btf/{name}.btf.gz"));
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        // The build may map source paths, so the output directory is tried as well.
        foreach (string? start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(here) })
            for (string? directory = start; directory is not null; directory = Path.GetDirectoryName(directory))
                if (File.Exists(Path.Combine(directory, "P3Ebpf.sln")))
                    return directory;
        throw new DirectoryNotFoundException("P3Ebpf.sln was not found above the test assembly.");
    }
}
