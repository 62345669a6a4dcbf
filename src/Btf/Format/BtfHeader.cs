using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>
/// The header of a BTF (<c>struct btf_header</c>), with all offsets relative to its end as the file has them.
/// </summary>
/// <remarks>Rules: Documentation/bpf/btf.rst; 24 bytes, or 32 with the place of a layout section.</remarks>
public readonly record struct BtfHeader
{
    /// <summary>The magic number.</summary>
    public const ushort Magic = 0xEB9F;

    /// <summary>Bytes of the header without a layout section.</summary>
    public const int ShortLength = 24;

    /// <summary>Bytes of the header with a layout section.</summary>
    public const int LongLength = 32;

    /// <summary>The byte order that the magic number shows.</summary>
    public BtfByteOrder ByteOrder { get; init; }

    /// <summary>The format's version; 1, and ignored by readers.</summary>
    public byte Version { get; init; }

    /// <summary>Flags; 0, and ignored by readers.</summary>
    public byte Flags { get; init; }

    /// <summary>Bytes of the header; what follows is counted from there.</summary>
    public uint HeaderLength { get; init; }

    /// <summary>Where the type section starts, in bytes after the header.</summary>
    public uint TypeOffset { get; init; }

    /// <summary>Bytes of the type section.</summary>
    public uint TypeLength { get; init; }

    /// <summary>Where the string section starts, in bytes after the header.</summary>
    public uint StringOffset { get; init; }

    /// <summary>Bytes of the string section.</summary>
    public uint StringLength { get; init; }

    /// <summary>Where the layout section starts, in bytes after the header; 0 in a short header.</summary>
    public uint LayoutOffset { get; init; }

    /// <summary>Bytes of the layout section; 0 where there is none.</summary>
    public uint LayoutLength { get; init; }

    /// <summary>Whether the header has the fields of a layout section.</summary>
    public bool HasLayoutFields => HeaderLength >= LongLength;

    /// <summary>Whether the numbers are in this machine's byte order.</summary>
    public bool IsNative => (ByteOrder == BtfByteOrder.LittleEndian) == BitConverter.IsLittleEndian;

    /// <summary>Whether the data begins with the magic number, in either byte order.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> data) =>
        data.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(data) is Magic or 0x9FEB;

    /// <summary>Decodes the header's fields and checks nothing but that they are there.</summary>
    /// <exception cref="BtfFormatException">Too small, not BTF, or a header longer than the data.</exception>
    public static BtfHeader Read(ReadOnlySpan<byte> data)
    {
        if (data.Length < ShortLength)
            throw new BtfFormatException(BtfErrorCode.TooSmall, $"{data.Length} bytes are too few for BTF, whose header alone has {ShortLength}", 0);
        if (!HasMagic(data))
            throw new BtfFormatException(BtfErrorCode.BadMagic, $"not BTF: it begins with {data[0]:x2} {data[1]:x2}, BTF begins with 9f eb or eb 9f", 0);

        uint headerLength = Field(data, 4, data[0] == 0x9F);
        if (headerLength < ShortLength || headerLength > (uint)data.Length)
        {
            throw new BtfFormatException(
                BtfErrorCode.BadHeaderLength, $"the header claims {headerLength} bytes of its own; at least {ShortLength} and at most {data.Length} are possible", 4);
        }

        return Decode(data);
    }

    /// <summary>Checks that the sections lie within <paramref name="size"/> bytes and in order.</summary>
    /// <param name="size">Bytes of the whole data, header included.</param>
    /// <exception cref="BtfFormatException">Truncated, or a section is misplaced.</exception>
    public void Validate(long size)
    {
        long body = size - HeaderLength;
        long stringEnd = (long)StringOffset + StringLength;
        long typeEnd = (long)TypeOffset + TypeLength;
        long layoutEnd = (long)LayoutOffset + LayoutLength;
        if (body < stringEnd)
        {
            throw new BtfFormatException(
                BtfErrorCode.Truncated,
                $"truncated: the header promises {HeaderLength + stringEnd} bytes, {stringEnd - body} of them are missing; copy the whole file again",
                size);
        }

        if (typeEnd > StringOffset)
            throw new BtfFormatException(BtfErrorCode.BadSection, $"the type section ends at {typeEnd}, after the string section begins at {StringOffset}", 8);
        if (TypeOffset % 4 != 0)
            throw new BtfFormatException(BtfErrorCode.BadSection, $"the type section starts at {TypeOffset}, which is not a multiple of 4", 8);
        if (LayoutLength != 0 && (LayoutOffset % 4 != 0 || LayoutLength % 4 != 0 || LayoutOffset < typeEnd || layoutEnd > StringOffset))
        {
            throw new BtfFormatException(
                BtfErrorCode.BadLayout, $"the layout section (offset {LayoutOffset}, {LayoutLength} bytes) must be aligned to 4 and lie between types and strings", 24);
        }
    }

    /// <summary>Decodes the fields of at least 24 bytes that begin with the magic number, however little sense they make.</summary>
    internal static BtfHeader Decode(ReadOnlySpan<byte> data)
    {
        bool little = data[0] == 0x9F;
        uint headerLength = Field(data, 4, little);
        bool hasLayout = headerLength >= LongLength && data.Length >= LongLength;
        return new BtfHeader
        {
            ByteOrder = little ? BtfByteOrder.LittleEndian : BtfByteOrder.BigEndian,
            Version = data[2],
            Flags = data[3],
            HeaderLength = headerLength,
            TypeOffset = Field(data, 8, little),
            TypeLength = Field(data, 12, little),
            StringOffset = Field(data, 16, little),
            StringLength = Field(data, 20, little),
            LayoutOffset = hasLayout ? Field(data, 24, little) : 0,
            LayoutLength = hasLayout ? Field(data, 28, little) : 0,
        };
    }

    /// <summary>Writes a header in this machine's byte order, for types, layout (where there is one) and strings in a row.</summary>
    internal static void Write(Span<byte> data, int headerLength, uint typeLength, uint layoutLength, uint stringLength)
    {
        MemoryMarshal.Cast<byte, ushort>(data)[0] = Magic;
        data[2] = 1;
        Span<uint> fields = MemoryMarshal.Cast<byte, uint>(data.Slice(0, headerLength));
        fields[1] = (uint)headerLength;
        fields[3] = typeLength;
        fields[4] = typeLength + layoutLength;
        fields[5] = stringLength;
        if (layoutLength != 0)
        {
            fields[6] = typeLength;
            fields[7] = layoutLength;
        }
    }

    private static uint Field(ReadOnlySpan<byte> data, int offset, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(data.Slice(offset)) : BinaryPrimitives.ReadUInt32BigEndian(data.Slice(offset));
}

/// <summary>The byte order in which a BTF was stored.</summary>
public enum BtfByteOrder
{
    /// <summary>Least significant byte first: the file starts with <c>9F EB</c>.</summary>
    LittleEndian,

    /// <summary>Most significant byte first: the file starts with <c>EB 9F</c>.</summary>
    BigEndian,
}
