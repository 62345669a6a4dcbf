using System.Text;
#if NET
using System.Buffers;
using System.Text.Unicode;
#endif

namespace P3Ebpf.Names;

/// <summary>
/// Names of files as strings. Bytes that are not UTF-8 become U+FFFD, just as <see cref="Encoding.UTF8"/> has it; but that makes an array for each of
/// them, twice, so that a name of damaged bytes would cost sixty times its length.
/// </summary>
internal static class Utf8Text
{
    /// <summary>How much of a name is told: no compiler makes longer ones, and one may stand in any number of messages.</summary>
    private const int MaxTold = 256;

    /// <summary>The text as a whole.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
#if NET
        if (!Utf8.IsValid(bytes))
        {
            char[] characters = ArrayPool<char>.Shared.Rent(bytes.Length);
            _ = Utf8.ToUtf16(bytes, characters, out _, out int count);
            string text = new(characters, 0, count);
            ArrayPool<char>.Shared.Return(characters);
            return text;
        }
#endif
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The text for a message: of a very long one its beginning, and <c>...</c>.</summary>
    public static string Excerpt(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= MaxTold)
            return Of(bytes);
        int end = MaxTold;
        while (end > MaxTold - 3 && (bytes[end] & 0xC0) == 0x80)
            end--;
        return Of(bytes.Slice(0, end)) + "...";
    }
}
