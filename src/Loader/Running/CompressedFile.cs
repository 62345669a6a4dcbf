using System.Formats.Tar;
using System.IO.Compression;

namespace P3Ebpf.Loader.Running;

/// <summary>Unpacks a file compressed with gzip or xz, and takes the first file out of an archive in it. Others are named with what unpacks them.</summary>
internal static class CompressedFile
{
    /// <summary>How many bytes at the start of a file tell.</summary>
    public const int MagicLength = 6;

    /// <summary>The BTF of the largest kernels has a tenth of it, a vmlinux with debug information may have more and is to be unpacked first.</summary>
    private const int MaxLength = 1 << 28;

    private static ReadOnlySpan<byte> Gzip => [0x1f, 0x8b];

    private static ReadOnlySpan<byte> Zstd => [0x28, 0xb5, 0x2f, 0xfd];

    private static ReadOnlySpan<byte> Bzip2 => "BZh"u8;

    /// <summary>Whether a file that begins so is compressed.</summary>
    public static bool IsCompressed(ReadOnlySpan<byte> start) => start.StartsWith(Gzip) || start.StartsWith(XzData.Magic) || start.StartsWith(Zstd) || start.StartsWith(Bzip2);

    /// <summary>What is in it.</summary>
    /// <exception cref="BtfFormatException">It is damaged, too large, or compressed in a way that cannot be read here.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static byte[] Read(string path) => Unpack(File.ReadAllBytes(path), path);

    /// <summary>The same of bytes that were read.</summary>
    internal static byte[] Unpack(byte[] packed, string path)
    {
        try
        {
            return packed.AsSpan().StartsWith(Gzip) ? FirstFile(Unzip(packed, path))
                : packed.AsSpan().StartsWith(XzData.Magic) ? FirstFile(XzData.Decompress(packed, MaxLength).ToArray())
                : throw Unreadable(path, packed);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new BtfFormatException(BtfErrorCode.TooSmall, $"a damaged compressed file: {e.Message}", source: path);
        }
        catch (NotSupportedException e)
        {
            throw new BtfFormatException(BtfErrorCode.TooSmall, $"an archive with entries that are not read here; unpack it first ({e.Message})", source: path);
        }
    }

    private static byte[] Unzip(byte[] packed, string path)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        while (gzip.Read(buffer) is var count and > 0)
        {
            if (bytes.Length + count > MaxLength)
                throw new BtfFormatException(BtfErrorCode.TooSmall, $"a compressed file with more than {MaxLength >> 20} MiB in it; unpack it first", source: path);
            bytes.Write(buffer, 0, count);
        }

        return bytes.ToArray();
    }

    /// <summary>Of an archive the first file that is not empty; what is none is itself.</summary>
    private static byte[] FirstFile(byte[] bytes)
    {
        const int MagicOffset = 257;
        if (bytes.Length < MagicOffset + 5 || !bytes.AsSpan(MagicOffset).StartsWith("ustar"u8))
            return bytes;
        using var archive = new TarReader(new MemoryStream(bytes));
        try
        {
            while (archive.GetNextEntry() is { } entry)
            {
                if (entry is not { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile, DataStream: { Length: > 0 } data })
                    continue;
                if (data.Length > bytes.Length)
                    throw new InvalidDataException("the archive is cut short");
                byte[] file = new byte[data.Length];
                data.ReadExactly(file);
                return file;
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            // What the reader of archives lets through of what it stumbles over in a header.
            throw new InvalidDataException("the archive is damaged", e);
        }

        throw new InvalidDataException("the archive holds no file");
    }

    private static BtfFormatException Unreadable(string path, ReadOnlySpan<byte> packed)
    {
        (string kind, string command) = packed.StartsWith(Zstd) ? ("zstd", "zstd -dk") : ("bzip2", "bzip2 -dk");
        return new BtfFormatException(BtfErrorCode.TooSmall, $"compressed with {kind}, which is not read here; unpack it first ({command} {Path.GetFileName(path)})", source: path);
    }
}
