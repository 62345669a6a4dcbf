using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>The bytes under check, whose numbers are read in the file's own byte order: nothing is trusted far enough to swap it.</summary>
internal sealed class BtfImage
{
    private readonly byte[] _bytes;
    private readonly int _start;
    private readonly bool _foreign;

    public BtfImage(ReadOnlyMemory<byte> data, in BtfHeader header)
    {
        if (!MemoryMarshal.TryGetArray(data, out ArraySegment<byte> segment))
            segment = new ArraySegment<byte>(data.ToArray());
        _bytes = segment.Array!;
        _start = segment.Offset;
        Length = segment.Count;
        Header = header;
        _foreign = !header.IsNative;

        HeaderLength = (int)Math.Min(header.HeaderLength, (uint)Length);
        (TypeStart, TypeEnd) = Clamp(header.TypeOffset, header.TypeLength);
        (StringStart, StringEnd) = Clamp(header.StringOffset, header.StringLength);
        (LayoutStart, LayoutEnd) = Clamp(header.LayoutOffset, header.LayoutLength);
    }

    public BtfHeader Header { get; }

    public int Length { get; }

    public int HeaderLength { get; }

    /// <summary>The part of the types that is there.</summary>
    public int TypeStart { get; }

    public int TypeEnd { get; }

    /// <summary>The part of the strings that is there.</summary>
    public int StringStart { get; }

    public int StringEnd { get; }

    public int LayoutStart { get; }

    public int LayoutEnd { get; }

    /// <summary>Where the header says that the last section ends, in bytes from the start of the data.</summary>
    public long ClaimedLength
    {
        get
        {
            BtfHeader header = Header;
            long layoutEnd = header.LayoutLength == 0 ? 0 : (long)header.LayoutOffset + header.LayoutLength;
            long end = Math.Max((long)header.TypeOffset + header.TypeLength, (long)header.StringOffset + header.StringLength);
            return header.HeaderLength + Math.Max(end, layoutEnd);
        }
    }

    /// <summary>Whether the header's types do not all lie within the data.</summary>
    public bool TypesAreCut => TypeEnd - TypeStart < Header.TypeLength;

    /// <summary>Whether the strings begin and end where the header says, so that a name can be told from the middle of one.</summary>
    public bool StringsAreWhole => StringEnd - StringStart == Header.StringLength && StringEnd > StringStart && _bytes[_start + StringEnd - 1] == 0;

    public ReadOnlySpan<byte> Span => new(_bytes, _start, Length);

    public byte this[int offset] => _bytes[_start + offset];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint UInt32(int offset)
    {
        uint value = MemoryMarshal.Read<uint>(new ReadOnlySpan<byte>(_bytes, _start + offset, 4));
        return _foreign ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>The string that starts at a position in the data, without its zero; of a longer one, the first <paramref name="limit"/> bytes.</summary>
    public ReadOnlySpan<byte> StringAt(int position, int limit)
    {
        var rest = new ReadOnlySpan<byte>(_bytes, _start + position, Math.Min(limit, StringEnd - position));
        int length = rest.IndexOf((byte)0);
        return length < 0 ? rest : rest.Slice(0, length);
    }

    private (int Start, int End) Clamp(uint offset, uint length)
    {
        long start = Math.Min(Length, (long)Header.HeaderLength + offset);
        return ((int)start, (int)Math.Min(Length, start + length));
    }
}

/// <summary>
/// A check runs once per process over a million elements: code that is compiled quickly first and well later spends most of the
/// run in the first form.
/// </summary>
internal static class BtfHotPath
{
    /// <summary><c>AggressiveOptimization</c>, which netstandard2.0 does not name and its runtimes ignore.</summary>
    public const MethodImplOptions Optimized = (MethodImplOptions)512;
}
