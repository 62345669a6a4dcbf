using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace P3Ebpf.Cli.Lottery;

/// <summary>A table of tasks on a terminal, drawn anew every second until the user, the clock or its source ends it.</summary>
/// <typeparam name="TRow">What one line is about.</typeparam>
internal abstract class LiveTable<TRow>
{
    /// <summary>Title, headings, footer, and the line below that keeps the cursor.</summary>
    private const int LinesAround = 4;

    /// <summary>What a bar adds to its cell beside itself: a space, and the percentage always at its greatest width.</summary>
    private const int SpaceBesideBar = 2;

    /// <summary>More characters than any table is wide.</summary>
    private const int Unlimited = 10_000;

    /// <summary>Spectre's own way to clear takes what the terminal has scrolled away with it.</summary>
    private const string HomeAndErase = "\e[H\e[2J";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        ColorSystem = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
    });

    /// <summary>What the title says before the number of tasks.</summary>
    protected abstract string Title { get; }

    /// <summary>What the footer says of the end.</summary>
    protected abstract string Advice { get; }

    /// <summary>The headings, and which columns are numbers.</summary>
    protected abstract IReadOnlyList<(string Heading, bool IsNumber)> Columns { get; }

    /// <summary>Whether there is more to come.</summary>
    protected virtual bool Goes => true;

    /// <summary>Redraws until the end, on a screen of its own.</summary>
    public virtual void Show(TimeSpan? duration, Invocation invocation)
    {
        _console.Cursor.Hide();
        try
        {
            _console.AlternateScreen(() => Redraw(duration, invocation));
        }
        finally
        {
            _console.Cursor.Show();
        }
    }

    /// <summary>The rows of this moment, in the order in which they are to stand.</summary>
    protected abstract IReadOnlyList<TRow> Read();

    /// <summary>The shares, 0 to 1, of which a row shows bars: what is due, and what was got.</summary>
    protected abstract (double Due, double Got) SharesOf(TRow row);

    protected abstract IEnumerable<IRenderable> CellsOf(TRow row, ShareBars bars);

    /// <summary>Leaves a table where the cursor is.</summary>
    protected void Leave(IReadOnlyList<TRow> rows) => _console.Write(Draw(rows, string.Empty));

    protected static Text Number(ulong number) => new(number.ToString(CultureInfo.InvariantCulture));

    private void Redraw(TimeSpan? duration, Invocation invocation)
    {
        while (Goes && !invocation.Interrupted.IsCancellationRequested && !(_watch.Elapsed >= duration))
        {
            Rows picture = Draw(Read(), Advice);
            _console.Write(new ControlCode(HomeAndErase));
            _console.Write(picture);
            TimeSpan left = (duration ?? TimeSpan.MaxValue) - _watch.Elapsed;
            if (left > TimeSpan.Zero)
                invocation.Wait(left < Interval ? left : Interval);
        }
    }

    private Rows Draw(IReadOnlyList<TRow> rows, string advice)
    {
        int shown = Math.Min(rows.Count, Math.Max(1, _console.Profile.Height - LinesAround));
        IReadOnlyList<TRow> visible = [.. rows.Take(shown)];
        double scale = visible.Select(SharesOf).Select(shares => Math.Max(shares.Due, shares.Got)).DefaultIfEmpty().Max();
        IRenderable plain = TableOf(visible, new ShareBars(scale, 0));
        int left = _console.Profile.Width - plain.Measure(RenderOptions.Create(_console), Unlimited).Max;
        Table table = TableOf(visible, new ShareBars(scale, (left / 2) - SpaceBesideBar));
        string footer = rows.Count > shown ? $"… and {rows.Count - shown} more. {advice}".TrimEnd() : advice;
        string elapsed = _watch.Elapsed.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        return new Rows(
            new Text($"{Printable.Of(Title)}: {rows.Count} tasks, {elapsed}", new Style(decoration: Decoration.Bold)),
            table,
            new Text(footer, new Style(decoration: Decoration.Dim)));
    }

    private Table TableOf(IReadOnlyList<TRow> rows, ShareBars bars)
    {
        var table = new Table { Border = TableBorder.None };
        foreach ((string heading, bool isNumber) in Columns)
            table.AddColumn(new TableColumn(new Text(heading)) { Alignment = isNumber ? Justify.Right : Justify.Left, NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        foreach (TRow row in rows)
            _ = table.AddRow(CellsOf(row, bars));
        return table;
    }
}

/// <summary>Bars of shares. All of a table have one scale, so that they compare.</summary>
/// <param name="Scale">The share that fills a bar.</param>
/// <param name="Room">What the terminal has for a bar, in characters.</param>
internal readonly record struct ShareBars(double Scale, int Room)
{
    private const int Longest = 20;
    private const int Shortest = 4;

    public IRenderable Of(double share, Color color)
    {
        string percent = ScheduleRow.Percent(share);
        if (Room < Shortest)
            return new Text(percent);
        int length = Math.Min(Room, Longest);
        int filled = Scale == 0 ? 0 : (int)Math.Round(share / Scale * length);
        return new Paragraph().Append(new string('█', filled), new Style(color)).Append($"{new string(' ', length - filled)} {percent,7}");
    }
}
