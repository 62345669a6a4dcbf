using System.Buffers.Binary;

namespace P3Ebpf.TestSupport;

/// <summary>Puts .BTF.ext together word by word, so that a test can get anything wrong.</summary>
internal sealed class ExtBytes
{
    private readonly List<uint> _data = [];
    private readonly uint[] _places = new uint[6];

    public bool IsBigEndian { get; init; }

    public uint HeaderLength { get; init; } = 32;

    /// <summary>A table: its place in the header (0 functions, 1 lines, 2 CO-RE relocations), the length of a record, and its words.</summary>
    public ExtBytes Table(int index, uint recordLength, params uint[] words)
    {
        Place(index, 4 * (uint)_data.Count, 4 * (1 + (uint)words.Length));
        _data.AddRange([recordLength, .. words]);
        return this;
    }

    /// <summary>What the header says of a table.</summary>
    public ExtBytes Place(int index, uint offset, uint length)
    {
        (_places[2 * index], _places[(2 * index) + 1]) = (offset, length);
        return this;
    }

    public byte[] Build()
    {
        uint[] header = [HeaderLength, .. _places];
        byte[] bytes = new byte[HeaderLength + (4 * _data.Count)];
        (bytes[0], bytes[1]) = IsBigEndian ? ((byte)0xEB, (byte)0x9F) : ((byte)0x9F, (byte)0xEB);
        bytes[2] = 1;
        Write(bytes.AsSpan(4, (int)Math.Min(HeaderLength, 32) - 4), header);
        Write(bytes.AsSpan((int)HeaderLength), [.. _data]);
        return bytes;
    }

    private void Write(Span<byte> target, uint[] words)
    {
        for (int i = 0; i < target.Length / 4; i++)
        {
            if (IsBigEndian)
                BinaryPrimitives.WriteUInt32BigEndian(target[(4 * i)..], words[i]);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(target[(4 * i)..], words[i]);
        }
    }
}
