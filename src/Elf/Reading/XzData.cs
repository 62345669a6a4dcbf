using System.Buffers.Binary;

namespace P3Ebpf.Elf;

/// <summary>
/// Decompresses one xz stream, a file or a section such as <c>.gnu_debugdata</c> (the .xz file format, version 1.2.1). Filters other than LZMA2 are
/// refused; xz uses no other unless told to.
/// </summary>
internal static class XzData
{
    private const int HeaderSize = 12;
    private const ulong Lzma2Filter = 0x21;
    private const int Crc32Check = 1, Crc64Check = 4;
    private const ulong Crc32Polynomial = 0xedb88320, Crc64Polynomial = 0xc96c5795d7870f42;

    /// <summary>How such data begins.</summary>
    public static ReadOnlySpan<byte> Magic => [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <exception cref="InvalidDataException">It is damaged, or would have more bytes than <paramref name="maxSize"/>.</exception>
    public static ReadOnlyMemory<byte> Decompress(ReadOnlySpan<byte> data, int maxSize)
    {
        var decoder = new LzmaDecoder(maxSize);
        ReadStream(data, decoder);
        return decoder.Output;
    }

    public static ReadOnlyMemory<byte> Decompress(ElfRegion section, int maxSize)
    {
        var decoder = new LzmaDecoder(maxSize);
        try
        {
            ReadStream(section.Bytes.Span, decoder);
            return decoder.Output;
        }
        catch (InvalidDataException cause) when (decoder.HasReachedLimit)
        {
            throw section.Error(ElfErrorCode.LimitExceeded, 0,
                $"decompressed it would have more than {maxSize} bytes. If the file is trusted, raise ElfReadLimits.MaxDecompressedSize.", cause);
        }
        catch (InvalidDataException cause)
        {
            throw section.Error(ElfErrorCode.BadCompression, 0,
                $"the xz data cannot be read: {cause.Message} Copy or build the file again.", cause);
        }
    }

    private static void ReadStream(ReadOnlySpan<byte> input, LzmaDecoder decoder)
    {
        if (input.Length < HeaderSize || !input.StartsWith(Magic) || Crc32(input.Slice(6, 2)) != BinaryPrimitives.ReadUInt32LittleEndian(input.Slice(8)))
            throw new InvalidDataException("It does not begin as xz data does.");
        int checkType = input[7] & 15;
        int position = HeaderSize;
        // The index behind the blocks begins with a zero, where a block has the size of its header.
        while (Part(input, position, 1)[0] != 0)
        {
            int produced = decoder.Output.Length;
            position += ReadBlockHeader(input.Slice(position));
            position += decoder.Decode(input.Slice(position));
            position = (position + 3) & -4;
            position += ReadCheck(input, position, checkType, decoder.Output.Span.Slice(produced));
        }
    }

    /// <returns>Its size.</returns>
    private static int ReadBlockHeader(ReadOnlySpan<byte> block)
    {
        int size = (block[0] + 1) * 4;
        ReadOnlySpan<byte> header = Part(block, 0, size);
        if (Crc32(header.Slice(0, size - 4)) != BinaryPrimitives.ReadUInt32LittleEndian(header.Slice(size - 4)))
            throw new InvalidDataException("A block's header has the wrong checksum.");
        int flags = header[1];
        ReadOnlySpan<byte> rest = header.Slice(2, size - 6);
        // The sizes are optional, and nothing here depends on them.
        for (int sizes = (flags >> 6 & 1) + (flags >> 7); sizes > 0; sizes--)
            _ = ReadNumber(ref rest);
        if ((flags & 0x3f) != 0 || ReadNumber(ref rest) != Lzma2Filter)
            throw new InvalidDataException("It is filtered by other means than LZMA2, which is not supported.");
        return size;
    }

    /// <returns>Its size.</returns>
    private static int ReadCheck(ReadOnlySpan<byte> input, int position, int type, ReadOnlySpan<byte> output)
    {
        // 0, 4, 8, 16, 32 or 64 bytes, three types each.
        int size = type == 0 ? 0 : 4 << (type - 1) / 3;
        ReadOnlySpan<byte> check = Part(input, position, size);
        bool isRight = type switch
        {
            Crc32Check => Crc32(output) == BinaryPrimitives.ReadUInt32LittleEndian(check),
            Crc64Check => Crc(output, Crc64Polynomial, ulong.MaxValue) == BinaryPrimitives.ReadUInt64LittleEndian(check),
            _ => true,
        };
        return isRight ? size : throw new InvalidDataException("The content has the wrong checksum.");
    }

    /// <summary>A number of seven bits a byte, the lowest first.</summary>
    private static ulong ReadNumber(ref ReadOnlySpan<byte> rest)
    {
        ulong number = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte part = Part(rest, 0, 1)[0];
            rest = rest.Slice(1);
            number |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return number;
        }

        throw new InvalidDataException("A number in a block's header has no end.");
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> input, int start, int length) =>
        start <= input.Length && length <= input.Length - start ? input.Slice(start, length) : throw new InvalidDataException("The data is cut short.");

    private static uint Crc32(ReadOnlySpan<byte> bytes) => (uint)Crc(bytes, Crc32Polynomial, uint.MaxValue);

    private static ulong Crc(ReadOnlySpan<byte> bytes, ulong polynomial, ulong ones)
    {
        Span<ulong> table = stackalloc ulong[256];
        for (int index = 0; index < table.Length; index++)
        {
            ulong value = (ulong)index;
            for (int bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ ((value & 1) * polynomial);
            table[index] = value;
        }

        ulong crc = ones;
        foreach (byte each in bytes)
            crc = (crc >> 8) ^ table[(int)((crc ^ each) & 0xff)];
        return crc ^ ones;
    }
}
