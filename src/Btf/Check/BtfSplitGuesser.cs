namespace P3Ebpf.Btf;

/// <summary>Derives from a split BTF how many types and string bytes its base has: no header field tells.</summary>
internal static class BtfSplitGuesser
{
    /// <summary>So many functions are enough to tell a right guess from a wrong one.</summary>
    private const int Sample = 256;

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

    /// <summary>Functions refer to prototypes: the shift under which they all do is the number of the base's types.</summary>
    private static uint? TypeCount(BtfRecordTable table, uint highestReference)
    {
        var prototypes = new HashSet<uint>();
        var targets = new List<uint>();
        for (int i = 0; i < table.Count; i++)
        {
            BtfKind kind = BtfRecord.Kind(table.Info(i));
            if (kind == BtfKind.FuncProto)
                _ = prototypes.Add((uint)i);
            else if (kind == BtfKind.Func)
                targets.Add(table.Image.UInt32(table.Offset(i) + 8));
        }

        targets.Sort();
        targets.Reverse();
        if (targets.Count > Sample)
            targets.RemoveRange(Sample, targets.Count - Sample);

        // Own types are referred to under ids of at least the shift, the highest of which is the last type at most.
        long lowest = Math.Max(2, (long)highestReference - table.Count + 1);
        uint? best = null;
        int bestScore = 0;
        bool isUnique = false;
        for (long shift = lowest; shift <= Math.Min(highestReference, lowest + table.Count); shift++)
        {
            int score = Score(targets, prototypes, shift);
            if (score > bestScore)
                (best, bestScore, isUnique) = ((uint)shift, score, true);
            else if (score == bestScore)
                isUnique = false;
        }

        return isUnique ? best : null;
    }

    /// <summary>How many functions find a prototype; those that refer to the base speak neither for nor against.</summary>
    private static int Score(List<uint> targets, HashSet<uint> prototypes, long shift)
    {
        int score = 0;
        foreach (uint target in targets)
        {
            if (target < shift)
                break;
            if (!prototypes.Contains((uint)(target - shift)))
                return 0;
            score++;
        }

        return score;
    }
}
