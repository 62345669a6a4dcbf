namespace P3Ebpf.Btf;

/// <summary>What a split BTF shows of the base that it continues.</summary>
/// <param name="TypeCount">The types of the base, <c>void</c> counted (<see cref="BtfSpec.TypeCount"/>); <see langword="null"/> where the references leave it open.</param>
/// <param name="StringLength">Bytes of the base's strings; <see langword="null"/> where the names leave it open.</param>
/// <param name="Fits">Of the candidates that were given, the one that fits.</param>
public sealed record BtfSplitGuess(uint? TypeCount, uint? StringLength, BtfSpec? Fits);

/// <summary>Derives from a split BTF how many types and string bytes its base has: no header field tells.</summary>
internal static class BtfSplitGuesser
{
    /// <summary>So many references are enough to tell a right guess from a wrong one.</summary>
    private const int Sample = 512;

    /// <param name="table">The split BTF, read as if it had no base.</param>
    /// <param name="highestName">The highest name offset in it.</param>
    /// <param name="highestReference">The highest type id in it.</param>
    public static (uint? TypeCount, uint? StringLength) Guess(BtfRecordTable table, uint highestName, uint highestReference) =>
        (table.IsComplete ? TypeCount(table, highestReference) : null, StringLength(table.Image, highestName));

    /// <summary>The last string is somebody's name, and no name has a higher offset: the difference is where the own strings begin.</summary>
    private static uint? StringLength(BtfImage image, uint highestName)
    {
        if (!image.StringsAreWhole)
            return null;
        ReadOnlySpan<byte> strings = image.Span.Slice(image.StringStart, image.StringEnd - image.StringStart - 1);
        uint last = (uint)(strings.LastIndexOf((byte)0) + 1);
        return highestName > last ? highestName - last : null;
    }

    /// <summary>
    /// Functions refer to prototypes, and nothing that has a value refers to a function or a prototype: the shift of the ids under
    /// which that holds, for as many references as possible, is the number of the base's types.
    /// </summary>
    private static uint? TypeCount(BtfRecordTable table, uint highestReference)
    {
        var kinds = new BtfKind[table.Count];
        var prototypes = new List<uint>();
        var values = new List<uint>();
        for (int i = 0; i < table.Count; i++)
        {
            kinds[i] = BtfRecordLayout.Kind(table.Info(i));
            CollectTargets(table, i, kinds[i], prototypes, values);
        }

        KeepHighest(prototypes);
        KeepHighest(values);

        // Own types are referred to under ids of at least the shift, the highest of which is the last type at most.
        long lowest = Math.Max(2, (long)highestReference - table.Count + 1);
        uint? best = null;
        int bestScore = 0;
        bool isUnique = false;
        for (long shift = lowest; shift <= Math.Min(highestReference, lowest + table.Count); shift++)
        {
            int score = Score(kinds, prototypes, values, shift);
            if (score > bestScore)
                (best, bestScore, isUnique) = ((uint)shift, score, true);
            else if (score == bestScore)
                isUnique = false;
        }

        return isUnique ? best : null;
    }

    private static void CollectTargets(BtfRecordTable table, int index, BtfKind kind, List<uint> prototypes, List<uint> values)
    {
        if (kind is not (BtfKind.Func or BtfKind.Array or BtfKind.Struct or BtfKind.Union or BtfKind.FuncProto))
            return;
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(kind);
        int count = layout.TypeIdCount(BtfRecordLayout.Vlen(table.Info(index)));
        for (int i = 0; i < count; i++)
            (kind == BtfKind.Func ? prototypes : values).Add(table.Image.UInt32(table.Offset(index) + layout.TypeIdOffset(i)));
    }

    private static void KeepHighest(List<uint> targets)
    {
        targets.Sort();
        targets.Reverse();
        if (targets.Count > Sample)
            targets.RemoveRange(Sample, targets.Count - Sample);
    }

    /// <summary>How many references find the right kind; 0 if one finds a wrong one. Those to the base speak neither for nor against.</summary>
    private static int Score(BtfKind[] kinds, List<uint> prototypes, List<uint> values, long shift)
    {
        int score = 0;
        foreach (uint target in prototypes)
        {
            if (target < shift)
                break;
            if (kinds[(int)(target - shift)] != BtfKind.FuncProto)
                return 0;
            score++;
        }

        foreach (uint target in values)
        {
            if (target < shift)
                break;
            if (kinds[(int)(target - shift)] is BtfKind.Func or BtfKind.FuncProto or BtfKind.Var or BtfKind.DataSec or BtfKind.DeclTag)
                return 0;
            score++;
        }

        return score;
    }
}
