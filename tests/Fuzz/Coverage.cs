using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SharpFuzz.Common;

namespace P3Ebpf.Fuzz;

/// <summary>Which branches an input takes, and about how often, as AFL counts them: in the instrumented assemblies, edges between blocks.</summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    private static readonly byte* Map = (byte*)NativeMemory.AlignedAlloc(Size, 64);

    /// <summary>For each count a bit: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more.</summary>
    private static readonly byte[] Buckets = [.. Enumerable.Range(0, 256).Select(BucketOf)];

    private readonly byte[] _seen = new byte[Size];

    /// <summary>How many edges any input has taken.</summary>
    public int Edges { get; private set; }

    /// <summary>Gives instrumented code somewhere to count; nothing of it may run before.</summary>
    public static void Install()
    {
        Trace.SharedMem = Map;
        Begin();
    }

    /// <summary>Forgets what was run before.</summary>
    public static void Begin()
    {
        new Span<byte>(Map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>The edges that were taken since <see cref="Begin"/>.</summary>
    public static List<int> Taken()
    {
        List<int> taken = [];
        for (int i = 0; i < Size; i++)
            if (Map[i] != 0)
                taken.Add(i);
        return taken;
    }

    /// <summary>Whether the input that was run took an edge that none took before, or took one more often by an order of magnitude; remembers it.</summary>
    public bool IsNew()
    {
        bool isNew = false;
        for (int at = 0; at < Size; at += Vector256<byte>.Count)
        {
            Vector256<byte> counts = Vector256.LoadAligned(Map + at);
            if (counts == Vector256<byte>.Zero)
                continue;
            uint taken = ~Vector256.Equals(counts, Vector256<byte>.Zero).ExtractMostSignificantBits();
            for (; taken != 0; taken &= taken - 1)
                isNew |= IsNew(at + BitOperations.TrailingZeroCount(taken));
        }

        return isNew;
    }

    private bool IsNew(int edge)
    {
        byte bucket = Buckets[Map[edge]], seen = _seen[edge];
        if ((seen & bucket) != 0)
            return false;
        Edges += seen == 0 ? 1 : 0;
        _seen[edge] = (byte)(seen | bucket);
        return true;
    }

    private static byte BucketOf(int count) => count switch
    {
        0 => 0,
        <= 3 => (byte)(1 << (count - 1)),
        _ => (byte)(1 << Math.Min(BitOperations.Log2((uint)count) + 1, count >= 128 ? 7 : 6)),
    };
}
