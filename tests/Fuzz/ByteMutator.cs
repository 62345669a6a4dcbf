using System.Buffers.Binary;
using System.Text;

namespace P3Ebpf.Fuzz;

/// <summary>Changes inputs in the ways that have proved themselves in AFL: bits, bytes, telling numbers, blocks moved and doubled, words of the format, two inputs put together.</summary>
internal sealed class ByteMutator(int seed, FuzzTarget target)
{
    private static readonly long[] TellingNumbers =
        [0, 1, -1, 2, 3, 4, 7, 8, 16, 24, 32, 64, 100, 127, 128, 255, 256, 512, 1000, 1024, 4096, 32767, 32768, 65535, 65536, 0xFFFFFF, 0x1000000, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    private readonly Random _random = new(seed);
    private readonly byte[][] _words = [.. target.Words.Select(Encoding.UTF8.GetBytes)];

    // What is being changed: the first bytes of a buffer that serves for all inputs, and is never left larger than an input may be.
    private readonly byte[] _buffer = new byte[target.MostBytes];
    private int _length;

    public byte[] Mutate(byte[] input, IReadOnlyList<byte[]> others)
    {
        _length = 0;
        Insert(0, input);
        for (int times = 1 << _random.Next(6); times > 0; times--)
            Change(others);
        return _buffer[.._length];
    }

    private void Change(IReadOnlyList<byte[]> others)
    {
        if (_length == 0)
        {
            Insert(0, others[_random.Next(others.Count)]);
            return;
        }

        int at = _random.Next(_length);
        Span<byte> block = _buffer.AsSpan(at, Math.Min(_length - at, 1 + _random.Next(1 << _random.Next(9))));
        switch (_random.Next(_words.Length == 0 ? 11 : 13))
        {
            case 0:
                _buffer[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                _buffer[at] = (byte)_random.Next(256);
                break;
            case 2:
                _buffer[at] += (byte)(_random.Next(35) - 17);
                break;
            case 3:
                WriteNumber(at, TellingNumbers[_random.Next(TellingNumbers.Length)]);
                break;
            case 4:
                WriteNumber(at, _random.Next(64));
                break;
            case 5:
                _buffer.AsSpan(at + block.Length, _length - at - block.Length).CopyTo(_buffer.AsSpan(at));
                _length -= block.Length;
                break;
            case 6:
                Span<byte> doubled = stackalloc byte[block.Length];
                block.CopyTo(doubled);
                Insert(_random.Next(_length), doubled);
                break;
            case 7:
                Overwrite(_random.Next(_length), block);
                break;
            case 8:
                block.Fill(block[0]);
                break;
            case 9:
                byte[] other = others[_random.Next(others.Count)];
                if (other.Length == 0)
                    break;
                int from = _random.Next(other.Length);
                ReadOnlySpan<byte> piece = other.AsSpan(from, Math.Min(other.Length - from, 1 << _random.Next(10)));
                if (_random.Next(2) == 0)
                    Insert(at, piece);
                else
                    Overwrite(at, piece);
                break;
            case 10:
                // A number from elsewhere: plausible, and wrong here.
                int number = _random.Next(_length) & ~3;
                Overwrite(at & ~3, _buffer.AsSpan(number, Math.Min(4, _length - number)));
                break;
            case 11:
                Insert(at, _words[_random.Next(_words.Length)]);
                break;
            default:
                Overwrite(at, _words[_random.Next(_words.Length)]);
                break;
        }
    }

    private void WriteNumber(int at, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        int width = 1 << _random.Next(4);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        bytes = bytes[..width];
        if (_random.Next(4) == 0)
            bytes.Reverse();
        Overwrite(at & -width, bytes);
    }

    /// <summary>What would be beyond the longest input is dropped.</summary>
    private void Insert(int at, ReadOnlySpan<byte> piece)
    {
        Span<byte> rest = _buffer.AsSpan(at);
        piece = piece[..Math.Min(piece.Length, rest.Length)];
        int moved = Math.Min(_length - at, rest.Length - piece.Length);
        rest[..moved].CopyTo(rest[piece.Length..]);
        piece.CopyTo(rest);
        _length = at + piece.Length + moved;
    }

    private void Overwrite(int at, ReadOnlySpan<byte> piece) => piece[..Math.Min(piece.Length, _length - at)].CopyTo(_buffer.AsSpan(at));
}
