using System.Buffers.Binary;

namespace P3Ebpf.Elf;

/// <summary>How a file writes its numbers, and the sizes of its structures that follow from that (include/uapi/linux/elf.h).</summary>
internal readonly struct ElfEncoding(ElfClass @class, ElfByteOrder byteOrder)
{
    public ElfClass Class => @class;

    public ElfByteOrder ByteOrder => byteOrder;

    public bool Is64 => @class == ElfClass.Elf64;

    /// <summary>Bytes of an address or offset.</summary>
    public int WordSize => Is64 ? 8 : 4;

    public int HeaderSize => Is64 ? 64 : 52;

    /// <summary>
    /// Where <c>e_flags</c> stands: before it e_ident, e_type, e_machine and e_version, then three words; after it six halves.
    /// </summary>
    public int FlagsOffset => 24 + 3 * WordSize;

    public int SectionHeaderSize => Is64 ? 64 : 40;

    public int SegmentHeaderSize => Is64 ? 56 : 32;

    public int SymbolSize => Is64 ? 24 : 16;

    public int DynamicEntrySize => 2 * WordSize;

    public int CompressionHeaderSize => Is64 ? 24 : 12;

    public ushort UInt16(ReadOnlySpan<byte> bytes) =>
        byteOrder == ElfByteOrder.BigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    public uint UInt32(ReadOnlySpan<byte> bytes) =>
        byteOrder == ElfByteOrder.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    public ulong UInt64(ReadOnlySpan<byte> bytes) =>
        byteOrder == ElfByteOrder.BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    public ulong Word(ReadOnlySpan<byte> bytes) => Is64 ? UInt64(bytes) : UInt32(bytes);
}
