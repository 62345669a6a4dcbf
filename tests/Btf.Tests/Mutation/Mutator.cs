namespace P3Ebpf.Btf.Tests.Mutation;

/// <summary>Damages data in one of the ways in which data gets damaged. The same seed does the same damage.</summary>
internal sealed class Mutator(int seed)
{
    /// <summary>Type ids that small inputs have: with them, types refer to wrong types that exist, and to themselves.</summary>
    private const int SmallIds = 64;

    private static readonly uint[] TellingValues = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00FFFFFF, 0x01000000, 0x04FFFFFF, 0x0D00FFFF, 24, 32];

    private readonly Random _random = new(seed);

    public byte[] Mutate(byte[] original) => Mutate(original, 0, original.Length);

    /// <summary>Damages one part of the data; the rest stays, though not always at its place.</summary>
    public byte[] Mutate(byte[] original, int start, int length)
    {
        byte[] part = original.AsSpan(start, length).ToArray();
        int times = _random.Next(4) == 0 ? _random.Next(2, 8) : 1;
        for (int i = 0; i < times && part.Length > 0; i++)
            part = MutateOnce(part);
        return length == original.Length ? part : [.. original.AsSpan(0, start), .. part, .. original.AsSpan(start + length)];
    }

    private byte[] MutateOnce(byte[] data)
    {
        int at = _random.Next(data.Length);
        int word = at & ~3;
        int length = Math.Min(data.Length - at, 1 << _random.Next(13));
        switch (_random.Next(14))
        {
            case 0:
                data[at] ^= (byte)(1 << _random.Next(8));
                return data;
            case 1:
                data[at] = (byte)_random.Next(256);
                return data;
            case 2 when word + 4 <= data.Length:
                BitConverter.TryWriteBytes(data.AsSpan(word), TellingValues[_random.Next(TellingValues.Length)]);
                return data;
            case 3 when data.Length >= 32:
                BitConverter.TryWriteBytes(data.AsSpan(4 * _random.Next(8)), TellingValues[_random.Next(TellingValues.Length)]);
                return data;
            case 4 when data.Length >= 32:
                int field = 4 * _random.Next(8);
                BitConverter.TryWriteBytes(data.AsSpan(field), BitConverter.ToInt32(data, field) + _random.Next(-16, 17));
                return data;
            case 5:
                data.AsSpan(at, length).Fill(_random.Next(2) == 0 ? (byte)0 : (byte)0xFF);
                return data;
            case 6:
                _random.NextBytes(data.AsSpan(at, length));
                return data;
            case 7:
                return data[..at];
            case 8:
                return [.. data[..at], .. data[(at + length)..]];
            case 9:
                return [.. data[..at], .. data[at..(at + length)], .. data[at..]];
            case 10 or 11 when word + 4 <= data.Length:
                BitConverter.TryWriteBytes(data.AsSpan(word), _random.Next(SmallIds));
                return data;
            case 12 when word + 4 <= data.Length:
                int other = _random.Next(data.Length / 4) * 4;
                data.AsSpan(other, 4).CopyTo(data.AsSpan(word));
                return data;
            default:
                int from = _random.Next(data.Length - length + 1);
                data.AsSpan(from, length).CopyTo(data.AsSpan(at));
                return data;
        }
    }
}
