using System.Buffers.Binary;
using System.Security.Cryptography;

namespace P3Ebpf.Loader.Compression;

/// <summary>Unpacks .xz files, which .NET does not: streams of blocks with the filter LZMA2, each with its check. Rules: "The .xz File Format", version 1.2.</summary>
internal static class XzReader
{
    private const int HeaderLength = 12;
    private const int Lzma2 = 0x21;
    private const uint Polynomial32 = 0xedb88320;
    private const ulong Polynomial64 = 0xc96c5795d7870f42;

    public static ReadOnlySpan<byte> Magic => [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <summary>What is in the file's first stream.</summary>
    /// <param name="file">The file.</param>
    /// <param name="maxLength">The most bytes to unpack.</param>
    /// <exception cref="InvalidDataException">It is damaged, holds more than is allowed, or uses a filter for machine code.</exception>
    public static byte[] Read(ReadOnlySpan<byte> file, int maxLength)
    {
        ReadOnlySpan<byte> header = Slice(file, 0, HeaderLength);
        if (!header.StartsWith(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) != (uint)Crc(header.Slice(6, 2), Polynomial32, uint.MaxValue))
            throw Damaged("the header is damaged");
        int check = header[7] & 15;
        var decoder = new LzmaDecoder(maxLength);
        int at = HeaderLength;
        while (Slice(file, at, 1)[0] != 0)
            at += ReadBlock(file[at..], check, decoder);
        return decoder.Output.ToArray();
    }

    private static int ReadBlock(ReadOnlySpan<byte> block, int check, LzmaDecoder decoder)
    {
        ReadOnlySpan<byte> header = Slice(block, 0, (block[0] + 1) * 4);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[^4..]) != (uint)Crc(header[..^4], Polynomial32, uint.MaxValue))
            throw Damaged("the header of a block is damaged");
        int flags = header[1];
        int at = 2;
        for (int sizes = (flags >> 6) & 3; sizes != 0; sizes &= sizes - 1)
            _ = Number(header, ref at);
        if ((flags & 3) != 0 || Number(header, ref at) != Lzma2)
            throw new InvalidDataException("xz: it uses a filter for machine code; unpack it first");

        int start = decoder.Output.Length;
        int end = header.Length + decoder.Decode(block[header.Length..]);
        while ((end & 3) != 0)
        {
            if (Slice(block, end++, 1)[0] != 0)
                throw Damaged("the end of a block is damaged");
        }

        int length = check == 0 ? 0 : 4 << ((check - 1) / 3);
        if (!IsRight(decoder.Output[start..], check, Slice(block, end, length)))
            throw Damaged("what was unpacked is not what was packed");
        return end + length;
    }

    private static bool IsRight(ReadOnlySpan<byte> data, int check, ReadOnlySpan<byte> expected) => check switch
    {
        1 => BinaryPrimitives.ReadUInt32LittleEndian(expected) == (uint)Crc(data, Polynomial32, uint.MaxValue),
        4 => BinaryPrimitives.ReadUInt64LittleEndian(expected) == Crc(data, Polynomial64, ulong.MaxValue),
        10 => SHA256.HashData(data).AsSpan().SequenceEqual(expected),
        _ => true,
    };

    /// <summary>Seven bits a byte, the lowest first; the highest bit says that more follow.</summary>
    private static ulong Number(ReadOnlySpan<byte> header, ref int at)
    {
        ulong number = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte next = Slice(header, at++, 1)[0];
            number |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return number;
        }

        throw Damaged("a number in the header of a block is too long");
    }

    private static ulong Crc(ReadOnlySpan<byte> data, ulong polynomial, ulong ones)
    {
        Span<ulong> table = stackalloc ulong[256];
        for (int i = 0; i < table.Length; i++)
        {
            ulong value = (ulong)i;
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? (value >> 1) ^ polynomial : value >> 1;
            table[i] = value;
        }

        ulong crc = ones;
        foreach (byte each in data)
            crc = table[(byte)(crc ^ each)] ^ (crc >> 8);
        return crc ^ ones;
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> data, int at, int length) =>
        at <= data.Length && length <= data.Length - at ? data.Slice(at, length) : throw Damaged("it ends in the middle");

    private static InvalidDataException Damaged(string problem) => new($"xz: {problem}");
}
