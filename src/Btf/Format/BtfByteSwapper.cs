using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>Turns a BTF from one byte order into the other.</summary>
internal static class BtfByteSwapper
{
    /// <summary>
    /// Copies BTF of foreign byte order into native order. Where the types are malformed the rest is left as it is: the reader
    /// that follows meets the same defect and names it. The elements of kinds that only the layout describes stay unswapped,
    /// since nothing tells what they are made of.
    /// </summary>
    public static byte[] ToNative(ReadOnlySpan<byte> foreign, in BtfHeader header) => Swap(foreign, header, toNative: true);

    /// <summary>Copies BTF of native byte order into foreign order.</summary>
    public static byte[] FromNative(ReadOnlySpan<byte> native, in BtfHeader header) => Swap(native, header, toNative: false);

    private static byte[] Swap(ReadOnlySpan<byte> source, in BtfHeader header, bool toNative)
    {
        byte[] target = source.ToArray();
        SwapHeader(target, header);

        int body = (int)header.HeaderLength;
        int layout = body + (int)header.LayoutOffset;
        for (int i = 0; i + BtfLayout.EntryLength <= (int)header.LayoutLength; i += BtfLayout.EntryLength)
            Swap16(target, layout + i + 2);

        int position = body + (int)header.TypeOffset;
        int end = position + (int)header.TypeLength;
        while (end - position >= BtfRecordLayout.HeadLength)
        {
            ReadOnlySpan<byte> readable = toNative ? target : source;
            Swap32(target, position, BtfRecordLayout.HeadWords);
            uint info = MemoryMarshal.Read<uint>(readable.Slice(position + BtfRecordLayout.InfoOffset));
            BtfKind kind = BtfRecordLayout.Kind(info);
            long tail = BtfRecordLayout.TailLength(kind, BtfRecordLayout.Vlen(info));
            if (tail < 0)
            {
                tail = OpaqueTailLength(target, header, (int)kind, BtfRecordLayout.Vlen(info));
                if (tail < 0 || tail > end - position - BtfRecordLayout.HeadLength)
                    break;
            }
            else if (tail > end - position - BtfRecordLayout.HeadLength)
            {
                break;
            }
            else
            {
                Swap32(target, position + BtfRecordLayout.HeadLength, (int)tail / 4);
            }

            position += BtfRecordLayout.HeadLength + (int)tail;
        }

        return target;
    }

    private static long OpaqueTailLength(ReadOnlySpan<byte> data, in BtfHeader header, int kind, uint vlen)
    {
        if ((long)kind * BtfLayout.EntryLength >= header.LayoutLength)
            return -1;
        int entry = (int)(header.HeaderLength + header.LayoutOffset) + (kind * BtfLayout.EntryLength);
        return new BtfLayout(data[entry], data[entry + 1], 0).TailLength(vlen);
    }

    private static void SwapHeader(byte[] target, in BtfHeader header)
    {
        Swap16(target, 0);
        Swap32(target, 4, (header.HasLayoutFields ? BtfHeader.LongLength - 4 : BtfHeader.ShortLength - 4) / 4);
    }

    private static void Swap16(byte[] data, int offset) => (data[offset], data[offset + 1]) = (data[offset + 1], data[offset]);

    private static void Swap32(byte[] data, int offset, int count)
    {
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(data.AsSpan(offset, count * 4));
        for (int i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReverseEndianness(words[i]);
    }
}
