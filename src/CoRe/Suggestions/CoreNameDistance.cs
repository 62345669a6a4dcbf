namespace P3Ebpf.CoRe;

/// <summary>How alike two names are.</summary>
internal static class CoreNameDistance
{
    /// <summary>Returned for names that nobody would take for each other.</summary>
    public const int Unlike = int.MaxValue;

    private const int MaxLength = 128;

    /// <summary>
    /// 0 where the names differ in leading underscores only, as the kernel renames what must not be used directly; otherwise the number
    /// of characters to insert, delete or replace, up to a quarter of the name.
    /// </summary>
    public static int Between(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> found)
    {
        wanted = WithoutUnderscores(wanted);
        found = WithoutUnderscores(found);
        if (wanted.SequenceEqual(found))
            return 0;
        int limit = wanted.Length / 4;
        if (wanted.Length > MaxLength || Math.Abs(wanted.Length - found.Length) > limit)
            return Unlike;
        int distance = Edits(wanted, found);
        return distance <= limit ? distance : Unlike;
    }

    private static ReadOnlySpan<byte> WithoutUnderscores(ReadOnlySpan<byte> name)
    {
        int start = 0;
        while (start < name.Length && name[start] == (byte)'_')
            start++;
        return name.Slice(start);
    }

    /// <summary>Levenshtein's distance, one row of the table at a time.</summary>
    private static int Edits(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<int> row = stackalloc int[right.Length + 1];
        for (int j = 0; j < row.Length; j++)
            row[j] = j;
        for (int i = 0; i < left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < right.Length; j++)
            {
                int replaced = diagonal + (left[i] == right[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(diagonal, row[j]) + 1);
            }
        }

        return row[right.Length];
    }
}
