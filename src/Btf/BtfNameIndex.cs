using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
#if NET
using System.Numerics;
using System.Runtime.Intrinsics;
#endif

namespace P3Ebpf.Btf;

/// <summary>
/// A hash table over the named types of one BTF (not of its bases), by essential name: all flavours of a name share a bucket.
/// Two arrays of integers; names are compared in place.
/// </summary>
internal sealed class BtfNameIndex
{
    private readonly int[] _first;
    private readonly int[] _next;

    public BtfNameIndex(BtfSpec spec)
    {
        ReadOnlySpan<byte> data = spec.Bytes;
        ReadOnlySpan<byte> strings = spec.StringSection;
        ReadOnlySpan<int> offsets = spec.Offsets;
        int buckets = 16;
        while (buckets < offsets.Length)
            buckets *= 2;
        int[] first = _first = new int[buckets];
        int[] next = _next = new int[offsets.Length];

        // Backwards, so that every chain runs in the order of the ids.
        for (int index = offsets.Length - 1; index >= 0; index--)
        {
            uint name = MemoryMarshal.Read<uint>(data.Slice(offsets[index] + BtfRecordLayout.NameOffset));
            if (name == 0)
                continue;
            int hash = name >= spec.StringBase
                ? BtfNameHash.OfEssential(strings.Slice((int)(name - spec.StringBase)))
                : BtfNameHash.Of(BtfEssentialName.Of(spec.GetString(name).Bytes));
            ref int bucket = ref first[hash & (first.Length - 1)];
            next[index] = bucket;
            bucket = index + 1;
        }
    }

    /// <summary>The first own type whose name may be this one, as index + 1, or 0.</summary>
    public int First(ReadOnlySpan<byte> essentialName) => _first[BtfNameHash.Of(essentialName) & (_first.Length - 1)];

    /// <summary>The one after it in the same bucket, as index + 1, or 0.</summary>
    public int Next(int indexPlusOne) => _next[indexPlusOne - 1];
}

/// <summary>Hashes of names; they differ from one framework and release to the next.</summary>
internal static class BtfNameHash
{
    /// <summary>
    /// Of names that no compiler makes only both ends count, since a hostile file can have very many and very long ones in a few bytes, all
    /// overlapping.
    /// </summary>
    private const int LongName = 512;

    public static int Of(ReadOnlySpan<byte> name)
    {
#if NET
        if (name.Length < Vector256<byte>.Count)
        {
            Span<byte> padded = stackalloc byte[Vector256<byte>.Count];
            name.CopyTo(padded);
            return OfShort(Vector256.Create<byte>(padded), name.Length);
        }
#endif
        return OfLong(name);
    }

    /// <summary>The hash of the essential part of a name.</summary>
    /// <param name="strings">The strings from the name's first byte on; a zero ends it.</param>
    public static int OfEssential(ReadOnlySpan<byte> strings)
    {
#if NET
        // Most names are short and have no flavour: one look at 32 bytes tells the length of such a name, and its hash.
        if (strings.Length >= Vector256<byte>.Count)
        {
            Vector256<byte> bytes = Vector256.Create(strings.Slice(0, Vector256<byte>.Count));
            uint ends = Vector256.Equals(bytes, Vector256<byte>.Zero).ExtractMostSignificantBits();
            uint underscores = Vector256.Equals(bytes, Vector256.Create((byte)'_')).ExtractMostSignificantBits();
            uint before = unchecked(ends ^ (ends - 1)) >> 1;
            if (ends != 0 && (underscores & (underscores >> 1) & (underscores >> 2) & before) == 0)
                return OfShort(bytes, BitOperations.TrailingZeroCount(ends));
        }
#endif
        return Of(BtfEssentialName.Of(strings.Slice(0, strings.IndexOf((byte)0))));
    }

#if NET
    /// <param name="bytes">The name, and whatever follows it.</param>
    /// <param name="length">Bytes of the name.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int OfShort(Vector256<byte> bytes, int length)
    {
        Vector256<ulong> words = (bytes & Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)length))).AsUInt64();
        return unchecked((int)Mix(Mix(words[0] ^ (uint)length) + Mix(words[1]) + BitOperations.RotateLeft(Mix(words[2]) + words[3], 32)));
    }
#endif

    /// <summary>Eight bytes at a time.</summary>
    private static int OfLong(ReadOnlySpan<byte> name)
    {
        unchecked
        {
            if (name.Length > LongName)
                return (OfLong(name.Slice(0, LongName / 2)) * 31) ^ OfLong(name.Slice(name.Length - (LongName / 2))) ^ name.Length;
            ulong hash = (ulong)name.Length;
#if !NET
            if (name.Length < sizeof(ulong))
            {
                foreach (byte value in name)
                    hash = (hash << 8) | value;
                return (int)Mix(hash);
            }
#endif

            // The last eight bytes may overlap those before them.
            for (int i = 0; i < name.Length - sizeof(ulong); i += sizeof(ulong))
                hash = Mix(hash ^ MemoryMarshal.Read<ulong>(name.Slice(i)));
            return (int)Mix(hash ^ MemoryMarshal.Read<ulong>(name.Slice(name.Length - sizeof(ulong))));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong value)
    {
        value = unchecked(value * 0x9E3779B97F4A7C15);
        return value ^ (value >> 32);
    }
}
