namespace P3Ebpf.Cli.Arguments;

/// <summary>Which of some names a misspelt word may stand for.</summary>
internal static class NearestName
{
    /// <summary>The names that take the fewest changes (a letter more, less, other, or swapped with the next), where a third of the letters suffices; else those that begin with it, or that it begins with.</summary>
    public static IReadOnlyList<string> To(string word, IEnumerable<string> names)
    {
        (string Name, int Changes)[] near =
        [
            .. names.Distinct().Select(name => (name, Changes(word, name))).Where(each => each.Item2 <= Math.Max(1, Math.Min(word.Length, each.name.Length) / 3)),
        ];
        int fewest = near.Select(each => each.Changes).DefaultIfEmpty().Min();
        return near.Length > 0
            ? [.. near.Where(each => each.Changes == fewest).Select(each => each.Name)]
            : [.. names.Distinct().Where(name => word.Trim('-').Length > 1 && (name.StartsWith(word, StringComparison.Ordinal) || word.StartsWith(name, StringComparison.Ordinal)))];
    }

    /// <summary>The optimal string alignment distance.</summary>
    private static int Changes(string from, string to)
    {
        int[,] changes = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    changes[i, j] = i + j;
                    continue;
                }

                int other = changes[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                changes[i, j] = Math.Min(other, 1 + Math.Min(changes[i - 1, j], changes[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    changes[i, j] = Math.Min(changes[i, j], changes[i - 2, j - 2] + 1);
            }
        }

        return changes[from.Length, to.Length];
    }
}
