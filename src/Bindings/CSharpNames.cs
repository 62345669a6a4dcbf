using System.Globalization;
using System.Text;

namespace P3Ebpf.Bindings;

/// <summary>
/// The names of one declaration space. What claims a name first keeps it; who comes later gets a word that says what it is, then a number, so
/// that the same input always gets the same names.
/// </summary>
internal sealed class CSharpNames(params IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <summary>What every type has from <see cref="object"/>.</summary>
    public static IReadOnlyList<string> OfObject { get; } = ["Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString"];

    /// <summary>A name for something that C calls <paramref name="name"/>.</summary>
    /// <param name="name">The name in C.</param>
    /// <param name="word">What is added where the name is taken: <c>Struct</c>, <c>Map</c>; may be empty.</param>
    public string Claim(string name, string word = "")
    {
        string wanted = Pascal(name);
        if (_taken.Add(wanted))
            return wanted;
        string other = wanted + word;
        for (int number = 2; !_taken.Add(other); number++)
            other = $"{wanted}{word}{(word.Length == 0 && char.IsDigit(wanted[wanted.Length - 1]) ? "_" : string.Empty)}{number.ToString(CultureInfo.InvariantCulture)}";
        return other;
    }

    /// <summary>
    /// The name in .NET's casing: <c>last_start_ns</c> becomes <c>LastStartNs</c>, <c>TASK_ON_CPU</c> <c>TaskOnCpu</c>. Such a name is never a keyword.
    /// </summary>
    public static string Pascal(string name)
    {
        var text = new StringBuilder(name.Length);
        int at = 0;
        while (at < name.Length)
        {
            int start = at;
            while (at < name.Length && char.IsAsciiLetterOrDigit(name[at]))
                at++;
            AddWord(text, name[start..at]);
            at++;
        }

        if (text.Length == 0 || char.IsDigit(text[0]))
            _ = text.Insert(0, '_');
        return text.ToString();
    }

    /// <summary>A word of capitals gets small letters; one that has small letters keeps its capitals.</summary>
    private static void AddWord(StringBuilder text, string word)
    {
        if (word.Length == 0)
            return;

        // 1_2 and 12 are not the same.
        if (text.Length > 0 && char.IsDigit(text[text.Length - 1]) && char.IsDigit(word[0]))
            _ = text.Append('_');
        bool isShouted = !word.Any(c => c is >= 'a' and <= 'z');
        _ = text.Append(char.ToUpperInvariant(word[0])).Append(isShouted ? word[1..].ToLowerInvariant() : word[1..]);
    }
}
