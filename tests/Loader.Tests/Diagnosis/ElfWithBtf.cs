using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.Loader.Tests.Diagnosis;

/// <summary>Writes an ELF file with one section <c>.BTF</c>, whole or broken.</summary>
internal static class ElfWithBtf
{
    public const uint ProgBits = 1;
    public const uint NoBits = 8;
    public const long Compressed = 0x800;

    public static byte[] Build(byte[] content, uint type = ProgBits, long flags = 0, string name = ".BTF")
    {
        byte[] names = Encoding.ASCII.GetBytes($"\0{name}\0.shstrtab\0");
        int namesAt = 64 + content.Length;
        int tableAt = (namesAt + names.Length + 7) / 8 * 8;
        byte[] image = new byte[tableAt + (3 * 64)];
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(image);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(20), 1);
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(40), tableAt);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(52), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(58), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(60), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(62), 2);
        content.CopyTo(image, 64);
        names.CopyTo(image, namesAt);
        Section(1, 1, type, flags, 64, content.Length);
        Section(2, 2 + name.Length, 3, 0, namesAt, names.Length);
        return image;

        void Section(int index, int nameOffset, uint sectionType, long sectionFlags, long offset, long size)
        {
            Span<byte> header = image.AsSpan(tableAt + (index * 64), 64);
            BinaryPrimitives.WriteInt32LittleEndian(header, nameOffset);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], sectionType);
            BinaryPrimitives.WriteInt64LittleEndian(header[8..], sectionFlags);
            BinaryPrimitives.WriteInt64LittleEndian(header[24..], offset);
            BinaryPrimitives.WriteInt64LittleEndian(header[32..], size);
        }
    }
}
