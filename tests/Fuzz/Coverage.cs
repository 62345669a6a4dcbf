using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace P3Ebpf.Fuzz;

/// <summary>Which branches an input takes, and about how often, as AFL counts them: in the instrumented assemblies, edges between blocks.</summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    private readonly byte* _map = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] _seen = new byte[Size];

    public Coverage() => Trace.SharedMem = _map;

    /// <summary>Gives instrumented code somewhere to count; nothing of it may run before.</summary>
    public static void Install() => _ = new Coverage();

    /// <summary>How many edges any input has taken.</summary>
    public int Edges { get; private set; }

    public void Begin()
    {
        new Span<byte>(_map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the input that was run took an edge that none took before, or took one more often by an order of magnitude; remembers it.</summary>
    public bool IsNew()
    {
        bool isNew = false;
        var words = new ReadOnlySpan<ulong>(_map, Size / 8);
        for (int word = 0; word < words.Length; word++)
        {
            if (words[word] == 0)
                continue;
            for (int i = word * 8; i < (word + 1) * 8; i++)
            {
                if (_map[i] == 0)
                    continue;
                byte bucket = BucketOf(_map[i]);
                if ((_seen[i] & bucket) != 0)
                    continue;
                Edges += _seen[i] == 0 ? 1 : 0;
                _seen[i] |= bucket;
                isNew = true;
            }
        }

        return isNew;
    }

    /// <summary>1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more: a bit each.</summary>
    private static byte BucketOf(byte count) => count switch
    {
        <= 3 => (byte)(1 << (count - 1)),
        _ => (byte)(1 << Math.Min(BitOperations.Log2(count) + 1, count >= 128 ? 7 : 6)),
    };
}
