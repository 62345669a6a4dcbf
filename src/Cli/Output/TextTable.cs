namespace P3Ebpf.Cli.Output;

/// <summary>Columns of plain text, as wide as what is in them: for pipes and files.</summary>
internal sealed class TextTable
{
    private const string Gap = "  ";

    private readonly List<string[]> _rows = [];
    private readonly bool[] _rightAligned;

    /// <summary>Starts a table.</summary>
    /// <param name="headings">The headings; those that begin with <c>&gt;</c> are of columns aligned to the right.</param>
    public TextTable(params ReadOnlySpan<string> headings)
    {
        _rightAligned = [.. headings.ToArray().Select(heading => heading.StartsWith('>'))];
        _rows.Add([.. headings.ToArray().Select(heading => heading.TrimStart('>'))]);
    }

    public void Add(params ReadOnlySpan<string> cells) => _rows.Add([.. cells.ToArray().Select(Printable.Of)]);

    public void Write(LineWriter writer)
    {
        int[] widths = [.. Enumerable.Range(0, _rightAligned.Length).Select(column => _rows.Max(row => row[column].Length))];
        foreach (string[] row in _rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) => _rightAligned[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            writer.WriteLine(string.Join(Gap, cells).TrimEnd());
        }
    }
}
