using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>
/// A hash table over the named types of one BTF (not of its bases), by essential name: all flavours of a name share a bucket.
/// Two arrays of integers; names are compared in place.
/// </summary>
internal sealed class BtfNameIndex
{
    private const int LongName = 512;

    private readonly int[] _first;
    private readonly int[] _next;

    public BtfNameIndex(BtfSpec spec)
    {
        int count = spec.OwnTypeCount;
        int buckets = 16;
        while (buckets < count)
            buckets *= 2;
        _first = new int[buckets];
        _next = new int[count];

        // Backwards, so that every chain runs in the order of the ids.
        for (int index = count - 1; index >= 0; index--)
        {
            BtfString name = spec[new BtfTypeId(spec.FirstId.Value + (uint)index)].Name;
            if (name.IsEmpty)
                continue;
            ref int bucket = ref _first[Hash(BtfEssentialName.Of(name.Bytes)) & (buckets - 1)];
            _next[index] = bucket;
            bucket = index + 1;
        }
    }

    /// <summary>The first own type whose name may be this one, as index + 1, or 0.</summary>
    public int First(ReadOnlySpan<byte> essentialName) => _first[Hash(essentialName) & (_first.Length - 1)];

    /// <summary>The one after it in the same bucket, as index + 1, or 0.</summary>
    public int Next(int indexPlusOne) => _next[indexPlusOne - 1];

    /// <summary>
    /// Eight bytes at a time: names are long, and there are a hundred thousand of them. Of names that no compiler makes only both ends
    /// count, since a hostile file can have very many and very long ones in a few bytes, all overlapping.
    /// </summary>
    public static int Hash(ReadOnlySpan<byte> name)
    {
        unchecked
        {
            if (name.Length > LongName)
                return (Hash(name.Slice(0, LongName / 2)) * 31) ^ Hash(name.Slice(name.Length - (LongName / 2))) ^ name.Length;
            ulong hash = (ulong)name.Length;
            ulong rest = 0;
            if (name.Length < sizeof(ulong))
            {
                foreach (byte value in name)
                    rest = (rest << 8) | value;
            }
            else
            {
                // The last eight bytes may overlap those before them.
                for (int i = 0; i < name.Length - sizeof(ulong); i += sizeof(ulong))
                    hash = Mix(hash ^ MemoryMarshal.Read<ulong>(name.Slice(i)));
                rest = MemoryMarshal.Read<ulong>(name.Slice(name.Length - sizeof(ulong)));
            }

            return (int)Mix(hash ^ rest);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = unchecked(value * 0x9E3779B97F4A7C15);
        return value ^ (value >> 32);
    }
}
