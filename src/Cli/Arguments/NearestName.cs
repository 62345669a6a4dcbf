using System.Text;

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

    private static int Changes(string from, string to) => BtfNameDistance.Changes(Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to));
}
