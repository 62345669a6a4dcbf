using System.Text;

namespace P3Ebpf.Bindings;

/// <summary>Writes lines of C#, indented by their blocks.</summary>
internal sealed class CSharpWriter
{
    private const int IndentSize = 4;

    /// <summary>A declaration in C that is longer says no more to a reader.</summary>
    private const int MaxDeclaration = 160;

    private readonly StringBuilder _text = new();
    private int _indent;

    public void Line(string text = "")
    {
        if (text.Length != 0)
            _ = _text.Append(' ', _indent * IndentSize).Append(text);
        _ = _text.Append('\n');
    }

    /// <summary>The lines of a text, each indented.</summary>
    public void Lines(string text)
    {
        foreach (string line in text.Replace("\r", string.Empty).Split('\n'))
            Line(line);
    }

    /// <summary>A member of a type, which an empty line parts from what stands before it.</summary>
    public void Member(string summary, string declaration)
    {
        Separate();
        Summary(summary);
        Lines(declaration);
    }

    /// <summary>An empty line, unless a block has just begun.</summary>
    public void Separate()
    {
        if (_text.Length < 2 || _text[_text.Length - 2] != '{')
            Line();
    }

    /// <summary>A documentation comment; the text is XML.</summary>
    public void Summary(string xml) => Line($"/// <summary>{xml}</summary>");

    public void Open(string declaration)
    {
        Lines(declaration);
        Line("{");
        _indent++;
    }

    public void Close()
    {
        _indent--;
        Line("}");
    }

    public override string ToString() => _text.ToString();

    /// <summary>C within a documentation comment.</summary>
    public static string Code(string c)
    {
        string line = c.Length <= MaxDeclaration ? c : c[..MaxDeclaration] + "…";
        return $"<c>{Xml(line)}</c>";
    }

    /// <summary>Text within a documentation comment. Names come from a file that may hold anything.</summary>
    public static string Xml(string text)
    {
        var xml = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c switch
            {
                '&' => xml.Append("&amp;"),
                '<' => xml.Append("&lt;"),
                '>' => xml.Append("&gt;"),
                _ => xml.Append(char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' or '\uFFFE' or '\uFFFF' ? '?' : c),
            };
        }

        return xml.ToString();
    }

    /// <summary>A literal of a string.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c is '"' or '\\' ? literal.Append('\\').Append(c)
                : c is < ' ' or > '~' ? literal.Append($"\\u{(int)c:X4}")
                : literal.Append(c);
        }

        return literal.Append('"').ToString();
    }
}
