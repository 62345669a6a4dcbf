using System.IO.Compression;
using System.Runtime.InteropServices;

namespace P3Ebpf.Elf;

/// <summary>Decompresses a section that has <c>SHF_COMPRESSED</c> (<c>Elf32_Chdr</c>, <c>Elf64_Chdr</c>, then the data).</summary>
internal static class ZlibSection
{
    private const uint ZlibMethod = 1;
    private const uint ZstdMethod = 2;
    private const int FirstBuffer = 64 * 1024;

    public static ElfRegion Decompress(ElfRegion section, int maxSize)
    {
        ElfEncoding encoding = section.File.Encoding;
        int headerSize = encoding.CompressionHeaderSize;
        if (section.Length < headerSize)
            throw section.Error(ElfErrorCode.BadCompression, 0,
                $"a compressed section starts with a header of {headerSize} bytes; this one has {section.Length}. {ElfFile.Rebuild}");

        uint method = section.UInt32(0);
        if (method == ZstdMethod)
            throw section.Error(ElfErrorCode.UnsupportedCompression, 0,
                "the section is compressed by zstd, which is not supported. Decompress it first (objcopy --decompress-debug-sections).");
        if (method != ZlibMethod)
            throw section.Error(ElfErrorCode.UnsupportedCompression, 0,
                $"compression method {method} is unknown; only zlib (1) is supported. {ElfFile.Rebuild}");

        ulong size = section.Word(encoding.WordSize);
        if (size > (ulong)maxSize)
            throw section.Error(ElfErrorCode.LimitExceeded, encoding.WordSize,
                $"decompressed it would have {size} bytes; the limit is {maxSize}. " +
                "If the file is trusted, raise ElfReadLimits.MaxDecompressedSize.");

        byte[] bytes = Inflate(section, headerSize, (int)size);
        return new ElfRegion(section.File, section.Section, section.Offset, bytes, isDecompressed: true);
    }

    /// <summary>The buffer grows with the output that really comes, since a header can state any size.</summary>
    private static byte[] Inflate(ElfRegion section, int start, int size)
    {
        try
        {
            using Stream stream = OpenZlib(section, start);
            byte[] bytes = new byte[Math.Min(size, FirstBuffer)];
            int count = 0;
            for (int read; count < size && (read = stream.Read(bytes, count, bytes.Length - count)) > 0;)
            {
                count += read;
                if (count == bytes.Length && count < size)
                    Array.Resize(ref bytes, (int)Math.Min(size, 2L * count));
            }
            if (count < size || stream.Read(new byte[1], 0, 1) != 0)
                throw Damaged(section, start,
                    $"it yields {(count < size ? $"{count}" : "more than")}, where its header states {size} bytes");
            return bytes;
        }
        catch (Exception cause) when (cause is InvalidDataException or IOException)
        {
            // The input is in memory, so what zlib reports as an input fault is one of the data.
            throw Damaged(section, start, "it is no valid zlib stream", cause);
        }
    }

    #if NET
    private static ZLibStream OpenZlib(ElfRegion section, int start) => new(OpenInput(section, start), CompressionMode.Decompress);
#else
    private static DeflateStream OpenZlib(ElfRegion section, int start)
    {
        MemoryStream input = OpenInput(section, start);
        // RFC 1950: two header bytes, a multiple of 31, method 8 (deflate), no preset dictionary.
        int method = input.ReadByte(), flags = input.ReadByte();
        if (flags < 0 || (method & 15) != 8 || (method * 256 + flags) % 31 != 0 || (flags & 0x20) != 0)
            throw new InvalidDataException("The zlib header is malformed.");
        return new DeflateStream(input, CompressionMode.Decompress);
    }
#endif

    private static MemoryStream OpenInput(ElfRegion section, int start)
    {
        ReadOnlyMemory<byte> data = section.Bytes.Slice(start);
        if (!MemoryMarshal.TryGetArray(data, out ArraySegment<byte> array))
            array = new ArraySegment<byte>(data.ToArray());
        return new MemoryStream(array.Array!, array.Offset, array.Count, writable: false);
    }

    private static ElfFormatException Damaged(ElfRegion section, int position, string how, Exception? cause = null) =>
        section.Error(ElfErrorCode.BadCompression, position,
            $"the compressed data is damaged: {how}. Copy or build the file again.", cause);
}
