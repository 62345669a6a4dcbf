using System.IO.Compression;

namespace P3Ebpf.Benchmarks;

/// <summary>The captured BTF that the benchmarks read, unpacked once.</summary>
internal static class CapturedBtf
{
    public const string Name = "vmlinux-7.2.13-amd64";

    public static string Root { get; } = FindRoot();

    public static byte[] Bytes { get; } = Unpack();

    /// <summary>The same bytes in a file, for tools that read files.</summary>
    public static string WriteFile()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Name}.{Environment.ProcessId}.btf");
        File.WriteAllBytes(path, Bytes);
        return path;
    }

    private static byte[] Unpack()
    {
        using FileStream file = File.OpenRead(Path.Combine(Root, "testdata", "btf", Name + ".btf.gz"));
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string FindRoot()
    {
        for (string? directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "P3Ebpf.sln")))
                return directory;
        }

        throw new DirectoryNotFoundException("P3Ebpf.sln was not found above the benchmarks.");
    }
}
