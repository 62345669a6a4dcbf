namespace P3Ebpf.Btf;

/// <summary>How alike two names are, so that a message can ask "did you mean".</summary>
public static class BtfNameDistance
{
    /// <summary>Returned for names that nobody would take for each other.</summary>
    public const int Unlike = int.MaxValue;

    private const int MaxLength = 128;
    private const int MaxMisspelling = 12;
    private const ulong Underscore = 1UL << ('_' & 63);

    /// <summary>
    /// 0 where the names differ in leading underscores only, as the kernel renames what must not be used directly; otherwise the number
    /// of <see cref="Changes"/>, up to a quarter of the name; 1 where one name is the beginning of the other
    /// (<c>static_prio</c> and <c>static_priority</c>).
    /// </summary>
    public static int Between(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> found)
    {
        wanted = WithoutUnderscores(wanted);
        found = WithoutUnderscores(found);
        if (wanted.SequenceEqual(found))
            return 0;
        if (IsCutShort(wanted, found) || IsCutShort(found, wanted))
            return 1;
        int limit = wanted.Length / 4;
        if (wanted.Length > MaxLength || Math.Abs(wanted.Length - found.Length) > limit || !ShareLetters(wanted, found, limit))
            return Unlike;
        int distance = Changes(wanted, found);
        return distance <= limit ? distance : Unlike;
    }

    /// <summary>The names of types that are most like a name, best first, each once.</summary>
    /// <param name="spec">Where to look.</param>
    /// <param name="wanted">The name that was not found.</param>
    /// <param name="count">The most names to return.</param>
    public static IReadOnlyList<string> FindSimilar(BtfSpec spec, string wanted, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(spec);
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(wanted);
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (BtfType type in spec.Types)
        {
            BtfString name = type.Name;
            int distance = name.IsEmpty ? Unlike : Between(utf8, name.Bytes);
            if (distance != Unlike)
                found[name.ToString()] = distance;
        }

        return [.. found.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(count).Select(pair => pair.Key)];
    }

    /// <summary>The names of types of one kind that are most like a name, best first, each once; those that hold it count as near.</summary>
    /// <param name="spec">Where to look.</param>
    /// <param name="wanted">The name that was not found.</param>
    /// <param name="kind">The kind of type.</param>
    /// <param name="count">The most names to return.</param>
    public static IReadOnlyList<string> FindSimilar(BtfSpec spec, string wanted, BtfKind kind, int count = 3)
    {
        ArgumentNullException.ThrowIfNull(spec);
        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(wanted);
        ulong letters = LettersOf(utf8);
        BtfNamesOfKind names = BtfNamesOfKind.Of(spec, kind);
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < names.Count; i++)
        {
            // A name of a quite different length is none that was misspelt.
            if (Math.Abs(names.LengthAt(i) - utf8.Length) > MaxMisspelling)
                continue;

            // Where a letter is missing it does not hold the name; where many are they are not alike, unless it is cut short.
            ulong missing = letters & ~names.LettersAt(i);
            if (missing != 0 && HasMoreThan(Math.Max(utf8.Length / 4, 1), missing) && (names.LettersAt(i) & ~letters & ~Underscore) != 0)
                continue;
            BtfString name = names.NameAt(i);
            int distance = missing == 0 && name.Bytes.IndexOf(utf8) >= 0 ? 1 : Between(utf8, name.Bytes);
            if (distance != Unlike)
                found[name.ToString()] = distance;
        }

        return [.. found.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key.Length).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(count).Select(pair => pair.Key)];
    }

    /// <summary>How many characters are to be inserted, deleted, replaced, or swapped with the next one (the optimal string alignment distance).</summary>
    /// <param name="left">A name.</param>
    /// <param name="right">Another.</param>
    public static int Changes(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        // Three rows of the table, since a swap looks back at the row before the last.
        int width = right.Length + 1;
        Span<int> rows = right.Length <= 2 * MaxLength ? stackalloc int[3 * width] : new int[3 * width];
        Span<int> before = rows.Slice(0, width), last = rows.Slice(width, width), row = rows.Slice(2 * width);
        for (int j = 0; j < width; j++)
            row[j] = j;
        for (int i = 1; i <= left.Length; i++)
        {
            Span<int> oldest = before;
            before = last;
            last = row;
            row = oldest;
            row[0] = i;
            for (int j = 1; j < width; j++)
            {
                int replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
        }

        return row[right.Length];
    }

    private static bool IsCutShort(ReadOnlySpan<byte> name, ReadOnlySpan<byte> whole) => name.Length >= 4 && 2 * name.Length >= whole.Length && whole.StartsWith(name);

    private static ReadOnlySpan<byte> WithoutUnderscores(ReadOnlySpan<byte> name)
    {
        int start = 0;
        while (start < name.Length && name[start] == (byte)'_')
            start++;
        return name.Slice(start);
    }

    /// <summary>Rules out nearly all names of a kernel at little cost: each edit takes away or brings in one letter at most.</summary>
    private static bool ShareLetters(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int limit)
    {
        ulong ours = LettersOf(left);
        ulong theirs = LettersOf(right);
        return !HasMoreThan(limit, ours & ~theirs) && !HasMoreThan(limit, theirs & ~ours);
    }

    /// <summary>Which letters a name has, as a set of bits in which some letters share one.</summary>
    internal static ulong LettersOf(ReadOnlySpan<byte> name)
    {
        ulong letters = 0;
        foreach (byte letter in name)
            letters |= 1UL << (letter & 63);
        return letters;
    }

    private static bool HasMoreThan(int limit, ulong bits)
    {
        for (int i = 0; i < limit && bits != 0; i++)
            bits &= bits - 1;
        return bits != 0;
    }
}
