using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.TestSupport;

/// <summary>Writes an ELF file with a section <c>.BTF</c>, whole or broken, and perhaps one with its distilled base.</summary>
internal static class ElfWithBtf
{
    public const uint ProgBits = 1;
    public const uint NoBits = 8;
    public const long Compressed = 0x800;

    private const uint StringTable = 3;
    private const int HeaderLength = 64;

    public static byte[] Build(byte[] content, uint type = ProgBits, long flags = 0, string name = ".BTF", byte[]? distilledBase = null)
    {
        List<(string Name, uint Type, long Flags, byte[] Content)> sections = [("", 0, 0, []), (name, type, flags, content)];
        if (distilledBase is not null)
            sections.Add((".BTF.base", ProgBits, 0, distilledBase));
        sections.Add((".shstrtab", StringTable, 0, []));
        byte[] names = Encoding.ASCII.GetBytes(string.Concat(sections.Select(section => section.Name + "\0")));
        sections[^1] = sections[^1] with { Content = names };

        using var image = new MemoryStream();
        image.Write(new byte[HeaderLength]);
        byte[] table = new byte[sections.Count * HeaderLength];
        int nameOffset = 0;
        for (int i = 0; i < sections.Count; i++)
        {
            Span<byte> header = table.AsSpan(i * HeaderLength, HeaderLength);
            BinaryPrimitives.WriteInt32LittleEndian(header, nameOffset);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], sections[i].Type);
            BinaryPrimitives.WriteInt64LittleEndian(header[8..], sections[i].Flags);
            BinaryPrimitives.WriteInt64LittleEndian(header[24..], image.Length);
            BinaryPrimitives.WriteInt64LittleEndian(header[32..], sections[i].Content.Length);
            image.Write(sections[i].Content);
            nameOffset += sections[i].Name.Length + 1;
        }

        image.Write(new byte[(8 - (image.Length % 8)) % 8]);
        long tableAt = image.Length;
        image.Write(table);

        byte[] bytes = image.ToArray();
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), 1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), tableAt);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(52), HeaderLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(58), HeaderLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(60), (ushort)sections.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(62), (ushort)(sections.Count - 1));
        return bytes;
    }
}
