using System.Globalization;
using System.Text;

namespace P3Ebpf.Cli.Output;

/// <summary>
/// Text that a terminal can only show. Names come out of files that anybody may have made; an escape sequence in one would be carried out, a
/// line feed would make a line that the tool never wrote, and a bidirectional override would turn a line around. Such characters appear as
/// <c>\u001b</c>, which is right within the strings of a JSON document too.
/// </summary>
internal static class Printable
{
    /// <summary>The text with every character escaped that is not shown by itself; the same text where there is none.</summary>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var escaped = new StringBuilder(text.Length + 16);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            bool isWhole = Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            foreach (char unit in rest[..length])
            {
                if (isWhole && IsShown(rune))
                    _ = escaped.Append(unit);
                else
                    _ = escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            }

            rest = rest[length..];
        }

        return escaped.ToString();
    }

    /// <summary>Whether a character is shown by itself: no control character, none of those that order or join others, no line or paragraph separator.</summary>
    public static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
