using System.Globalization;

namespace P3Ebpf.Bindings;

/// <summary>Arrays within structs: one generic type for each length in use, and one for text of each length.</summary>
internal sealed class CSharpArrays(CSharpNames names)
{
    /// <summary>The runtime loads no longer ones.</summary>
    private const ulong MaxBytes = 1 << 20;

    private readonly SortedDictionary<uint, string> _arrays = [];
    private readonly SortedDictionary<uint, string> _texts = [];

    /// <summary>An array; <see langword="null"/> where .NET has none so long, or C has none at all, as of a flexible member.</summary>
    public CSharpType? Of(CSharpType element, uint length) =>
        IsPossible(element.Size, length) ? new CSharpType($"{NameOf(_arrays, "Array", length)}<{element.Name}>", element.Size * length, element.Alignment) : null;

    /// <summary>An array of <c>char</c>.</summary>
    public CSharpType? OfText(uint length) => IsPossible(1, length) ? new CSharpType(NameOf(_texts, "Text", length), length, 1) : null;

    public void Write(CSharpWriter writer)
    {
        foreach ((uint length, string name) in _arrays)
        {
            writer.Member(
                $"An array of {length}, in place; converts to a span.",
                $$"""
                [InlineArray({{length}})]
                public struct {{name}}<T>
                    where T : unmanaged
                {
                    private T _first;
                }
                """);
        }

        foreach ((uint length, string name) in _texts)
        {
            writer.Member(
                $"<c>char[{length}]</c>: UTF-8, ended by a zero where it is shorter. Converts from a string, which must fit, and to a span.",
                $$"""
                [InlineArray({{length}})]
                public struct {{name}}
                {
                    private byte _first;

                    /// <summary>The text of a string, padded with zeroes.</summary>
                    public static implicit operator {{name}}(string text)
                    {
                        {{name}} result = default;
                        Encoding.UTF8.GetBytes(text, result);
                        return result;
                    }

                    /// <summary>The text up to the first zero.</summary>
                    public override readonly string ToString()
                    {
                        ReadOnlySpan<byte> bytes = this;
                        int end = bytes.IndexOf((byte)0);
                        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
                    }
                }
                """);
        }
    }

    private static bool IsPossible(ulong elementSize, uint length) => elementSize != 0 && length != 0 && elementSize * length <= MaxBytes;

    private string NameOf(SortedDictionary<uint, string> known, string word, uint length)
    {
        if (!known.TryGetValue(length, out string? name))
            known.Add(length, name = names.Claim(word + length.ToString(CultureInfo.InvariantCulture), "Of"));
        return name;
    }
}
