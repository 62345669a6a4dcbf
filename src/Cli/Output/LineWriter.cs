using System.Text;

namespace P3Ebpf.Cli.Output;

/// <summary>
/// Text for people, which all goes through here. What is written as a line is one line, whatever the names in it hold: it is made
/// <see cref="Printable"/>, and only the tabs that indent it are left as they are. A reader that goes away is no error.
/// </summary>
/// <param name="stream">Where it goes, in UTF-8.</param>
/// <param name="bufferSize">How many bytes may wait; 0 to write every line at once.</param>
internal sealed class LineWriter(Stream stream, int bufferSize) : IDisposable
{
    private readonly StreamWriter _writer = new(stream, new UTF8Encoding(false), Math.Max(bufferSize, 1 << 10)) { AutoFlush = bufferSize == 0 };
    private int _passing;

    public void WriteLine(string line = "")
    {
        int indentation = line.AsSpan().IndexOfAnyExcept('\t');
        if (indentation > 0)
            _writer.Write(line.AsSpan(0, indentation));
        _writer.WriteLine(Printable.Of(indentation > 0 ? line[indentation..] : line));
    }

    /// <summary>Writes the lines of a text in which no name has a line feed any more.</summary>
    public void WriteLines(string text)
    {
        foreach (string line in text.Split('\n'))
            WriteLine(line);
    }

    /// <summary>Writes what is to be taken back soon.</summary>
    public void WritePassing(string text)
    {
        string shown = Printable.Of(text);
        _passing = shown.Length;
        _writer.Write(shown);
    }

    /// <summary>Takes back what was written in passing.</summary>
    public void ErasePassing() => _writer.Write($"\r{new string(' ', _passing)}\r");

    /// <summary>Writes all that waits; the stream stays open.</summary>
    public void Flush() => _writer.Flush();

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
