using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The table of tasks on a terminal, drawn anew every second until the user or the clock ends it; then once more, for the whole time.</summary>
internal sealed class LiveView(TaskMap map, string title)
{
    /// <summary>What the columns other than bars take.</summary>
    private const int WidthWithoutBars = 80;
    private const int MaximumBar = 20;
    private const int MinimumBar = 5;

    /// <summary>Title, headings, footer, and the line below that keeps the cursor.</summary>
    private const int LinesAround = 4;

    /// <summary>Spectre's own way to clear takes what the terminal has scrolled away with it.</summary>
    private const string HomeAndErase = "\e[H\e[2J";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly LiveShares _shares = new(map);
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public void Show(TimeSpan? duration, Invocation invocation)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        console.Cursor.Hide();
        try
        {
            console.AlternateScreen(() => Redraw(console, duration, invocation));
        }
        finally
        {
            console.Cursor.Show();
        }

        console.Write(Draw(_shares.ReadWhole(), console, end: string.Empty));
    }

    private void Redraw(IAnsiConsole console, TimeSpan? duration, Invocation invocation)
    {
        while (!invocation.Interrupted.IsCancellationRequested && !(_watch.Elapsed >= duration))
        {
            Rows picture = Draw(_shares.ReadLatest(), console, end: "Ctrl-C ends.");
            console.Write(new ControlCode(HomeAndErase));
            console.Write(picture);
            TimeSpan left = (duration ?? TimeSpan.MaxValue) - _watch.Elapsed;
            if (left > TimeSpan.Zero)
                invocation.Wait(left < Interval ? left : Interval);
        }
    }

    private Rows Draw(IReadOnlyList<TaskRow> rows, IAnsiConsole console, string end)
    {
        int shown = Math.Min(rows.Count, Math.Max(1, console.Profile.Height - LinesAround));
        int bar = Math.Min(MaximumBar, (console.Profile.Width - WidthWithoutBars) / 2);
        Table table = NewTable();
        double scale = rows.Take(shown).Select(row => Math.Max(row.TicketShare, row.CpuShare)).DefaultIfEmpty().Max();
        foreach (TaskRow row in rows.Take(shown))
        {
            _ = table.AddRow(
                Number(row.Id), new Text(Printable.Of(row.Record.Command)), new Text(row.Record.StateLetter.ToString()),
                Number(row.Record.Tickets), Share(row.TicketShare, scale, bar, Color.Blue), Share(row.CpuShare, scale, bar, Color.Green),
                Number(row.Record.Switches), new Text(row.RunTime));
        }

        string footer = rows.Count > shown ? $"… and {rows.Count - shown} more. {end}".TrimEnd() : end;
        string elapsed = _watch.Elapsed.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        return new Rows(
            new Text($"{Printable.Of(title)}: {rows.Count} tasks, {elapsed}", new Style(decoration: Decoration.Bold)),
            table,
            new Text(footer, new Style(decoration: Decoration.Dim)));
    }

    private static Table NewTable()
    {
        var table = new Table { Border = TableBorder.None };
        foreach ((string heading, bool isNumber) in (ReadOnlySpan<(string, bool)>)
            [("PID", true), ("NAME", false), ("ST", false), ("TICKETS", true), ("SHARE", true), ("CPU", true), ("SWITCHES", true), ("RUN TIME", true)])
        {
            table.AddColumn(new TableColumn(new Text(heading)) { Alignment = isNumber ? Justify.Right : Justify.Left, NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    private static Text Number(ulong number) => new(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Both bars of all rows have one scale, so that they compare.</summary>
    private static IRenderable Share(double share, double scale, int bar, Color color)
    {
        string percent = TaskRow.Percent(share);
        if (bar < MinimumBar)
            return new Text(percent);
        int filled = scale == 0 ? 0 : (int)Math.Round(share / scale * bar);
        return new Paragraph().Append(new string('█', filled), new Style(color)).Append($"{new string(' ', bar - filled)} {percent,7}");
    }
}

/// <summary>Follows a map of tasks for a view that is drawn again and again: shares since the last reading, evened out over a few.</summary>
internal sealed class LiveShares(TaskMap map)
{
    /// <summary>How much the newest interval counts against all before it.</summary>
    private const double Weight = 0.5;

    private readonly TaskSnapshot _first = map.Read();
    private TaskSnapshot? _last;
    private Dictionary<uint, double> _shares = [];

    /// <summary>Shares of late. At first there is no interval yet, and everything counted so far stands for one.</summary>
    public IReadOnlyList<TaskRow> ReadLatest()
    {
        TaskSnapshot now = map.Read();
        Dictionary<uint, double> newest = now.CpuSharesSince(_last ?? TaskSnapshot.Empty);
        _shares = _last is null
            ? newest
            : newest.ToDictionary(each => each.Key, each => (Weight * each.Value) + ((1 - Weight) * _shares.GetValueOrDefault(each.Key)));
        _last = now;
        return now.Rows(_shares);
    }

    /// <summary>Shares since the view began.</summary>
    public IReadOnlyList<TaskRow> ReadWhole()
    {
        TaskSnapshot now = map.Read();
        return now.Rows(now.CpuSharesSince(_first));
    }
}
