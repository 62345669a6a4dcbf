using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.Elf.Tests;

/// <summary>Writes numbers as a file of a given class and byte order has them.</summary>
internal sealed class ByteWriter(ElfClass @class, ElfByteOrder byteOrder)
{
    private readonly List<byte> _bytes = [];

    public int WordSize => @class == ElfClass.Elf64 ? 8 : 4;

    public int Length => _bytes.Count;

    public ByteWriter Byte(int value) => Bytes([(byte)value]);

    public ByteWriter UInt16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        if (byteOrder == ElfByteOrder.BigEndian)
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return Bytes(bytes);
    }

    public ByteWriter UInt32(long value)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (byteOrder == ElfByteOrder.BigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
        return Bytes(bytes);
    }

    public ByteWriter Word(long value)
    {
        if (WordSize == 4)
            return UInt32(value);
        Span<byte> bytes = stackalloc byte[8];
        if (byteOrder == ElfByteOrder.BigEndian)
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    public ByteWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public ByteWriter Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public ByteWriter PadTo(int length)
    {
        while (Length < length)
            _bytes.Add(0);
        return this;
    }

    public ByteWriter Align(int alignment) => PadTo((Length + alignment - 1) / alignment * alignment);

    public byte[] ToArray() => [.. _bytes];
}

/// <summary>Collects NUL-terminated strings; offset 0 is the empty one.</summary>
internal sealed class StringTableBuilder
{
    private readonly List<byte> _bytes = [0];

    public int Add(string text)
    {
        int offset = _bytes.Count;
        _bytes.AddRange(Encoding.UTF8.GetBytes(text));
        _bytes.Add(0);
        return offset;
    }

    public byte[] ToArray() => [.. _bytes];
}
