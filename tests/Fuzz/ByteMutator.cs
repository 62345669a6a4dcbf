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

    public byte[] Mutate(byte[] input, IReadOnlyList<byte[]> others)
    {
        List<byte> data = [.. input];
        int times = 1 << _random.Next(6);
        for (int i = 0; i < times; i++)
            Change(data, others);
        if (data.Count > target.MostBytes)
            data.RemoveRange(target.MostBytes, data.Count - target.MostBytes);
        return [.. data];
    }

    private void Change(List<byte> data, IReadOnlyList<byte[]> others)
    {
        if (data.Count == 0)
        {
            data.AddRange(others[_random.Next(others.Count)]);
            return;
        }

        int at = _random.Next(data.Count);
        int length = Math.Min(data.Count - at, 1 + _random.Next(1 << _random.Next(9)));
        switch (_random.Next(_words.Length == 0 ? 11 : 13))
        {
            case 0:
                data[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                data[at] = (byte)_random.Next(256);
                break;
            case 2:
                data[at] += (byte)(_random.Next(35) - 17);
                break;
            case 3:
                WriteNumber(data, at, TellingNumbers[_random.Next(TellingNumbers.Length)]);
                break;
            case 4:
                WriteNumber(data, at, _random.Next(64));
                break;
            case 5:
                data.RemoveRange(at, length);
                break;
            case 6:
                data.InsertRange(_random.Next(data.Count), data.GetRange(at, length));
                break;
            case 7:
                Overwrite(data, _random.Next(data.Count), [.. data.GetRange(at, length)]);
                break;
            case 8:
                for (int i = at; i < at + length; i++)
                    data[i] = data[at];
                break;
            case 9:
                byte[] other = others[_random.Next(others.Count)];
                if (other.Length == 0)
                    break;
                int from = _random.Next(other.Length);
                byte[] piece = other[from..Math.Min(other.Length, from + (1 << _random.Next(10)))];
                if (_random.Next(2) == 0)
                    data.InsertRange(at, piece);
                else
                    Overwrite(data, at, piece);
                break;
            case 10:
                // A number from elsewhere: plausible, and wrong here.
                Overwrite(data, at & ~3, [.. data.GetRange(_random.Next(data.Count) & ~3, Math.Min(4, data.Count & 3))]);
                break;
            case 11:
                data.InsertRange(at, _words[_random.Next(_words.Length)]);
                break;
            default:
                Overwrite(data, at, _words[_random.Next(_words.Length)]);
                break;
        }
    }

    private void WriteNumber(List<byte> data, int at, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        int width = 1 << _random.Next(4);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        bytes = bytes[..width];
        if (_random.Next(4) == 0)
            bytes.Reverse();
        Overwrite(data, at & -width, bytes);
    }

    private static void Overwrite(List<byte> data, int at, ReadOnlySpan<byte> piece)
    {
        for (int i = 0; i < piece.Length && at + i < data.Count; i++)
            data[at + i] = piece[i];
    }
}
