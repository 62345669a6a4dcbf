using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The scheduler's tasks on a terminal, drawn anew every second until the user, the clock or the kernel ends it.</summary>
/// <remarks>Shares are those of the last second, so that a change of tickets shows at once; draws are counted from the start, since only many of them tell luck from error.</remarks>
internal sealed class LiveSchedule(LotteryScheduler scheduler)
{
    private const int WidthWithoutBars = 108;
    private const int MaximumBar = 16;
    private const int MinimumBar = 4;
    private const int CurrencyWidth = 24;

    /// <summary>Title, headings, footer, and the line below that keeps the cursor.</summary>
    private const int LinesAround = 4;

    /// <summary>What is to the left and right of the middle of a bar of deviation, in standard deviations; three are seldom exceeded by chance.</summary>
    private const double MaximumDeviation = 3;
    private const int HalfDeviationBar = 4;

    /// <summary>Spectre's own way to clear takes what the terminal has scrolled away with it.</summary>
    private const string HomeAndErase = "\e[H\e[2J";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private ScheduleSnapshot _last = ScheduleSnapshot.Empty;

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
    }

    private void Redraw(IAnsiConsole console, TimeSpan? duration, Invocation invocation)
    {
        while (scheduler.IsInForce && !invocation.Interrupted.IsCancellationRequested && !(_watch.Elapsed >= duration))
        {
            Rows picture = Draw(console);
            console.Write(new ControlCode(HomeAndErase));
            console.Write(picture);
            TimeSpan left = (duration ?? TimeSpan.MaxValue) - _watch.Elapsed;
            if (left > TimeSpan.Zero)
                invocation.Wait(left < Interval ? left : Interval);
        }
    }

    private Rows Draw(IAnsiConsole console)
    {
        ScheduleSnapshot now = scheduler.Read();
        IReadOnlyList<ScheduleRow> rows = now.RowsSince(_last);
        var whole = now.RowsSince(ScheduleSnapshot.Empty).ToDictionary(row => row.Id);
        _last = now;

        int shown = Math.Min(rows.Count, Math.Max(1, console.Profile.Height - LinesAround));
        int bar = Math.Min(MaximumBar, (console.Profile.Width - WidthWithoutBars) / 2);
        double scale = rows.Take(shown).Select(row => Math.Max(row.ExpectedShare, row.CpuShare)).DefaultIfEmpty().Max();
        Table table = NewTable();
        foreach (ScheduleRow row in rows.Take(shown))
        {
            ScheduleRow all = whole[row.Id];
            _ = table.AddRow(
                Number(row.Id), new Text(Printable.Of(row.Record.Command)), new Text(Shorten(Printable.Of(row.Currency))), Number(row.Record.Tickets),
                Share(row.ExpectedShare, scale, bar, Color.Blue), Share(row.CpuShare, scale, bar, Color.Green),
                Number(all.Won), new Text(all.Expected.ToString("0.0", CultureInfo.InvariantCulture)), Deviation(all),
                new Text(ScheduleRow.Milliseconds(row.MeanWaitNanoseconds)), new Text(ScheduleRow.Milliseconds(all.Record.LongestWaitNanoseconds)));
        }

        string footer = $"{(rows.Count > shown ? $"… and {rows.Count - shown} more. " : string.Empty)}Ctrl-C gives the machine back.";
        string elapsed = _watch.Elapsed.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        return new Rows(
            new Text($"lottery: {rows.Count} tasks, {elapsed}", new Style(decoration: Decoration.Bold)),
            table,
            new Text(footer, new Style(decoration: Decoration.Dim)));
    }

    private static Table NewTable()
    {
        var table = new Table { Border = TableBorder.None };
        foreach ((string heading, bool isNumber) in (ReadOnlySpan<(string, bool)>)
            [("PID", true), ("NAME", false), ("CURRENCY", false), ("TICKETS", true), ("EXPECTED", true), ("CPU", true), ("WON", true), ("OF", true), ("DEVIATION", true), ("WAIT", true), ("LONGEST", true)])
        {
            table.AddColumn(new TableColumn(new Text(heading)) { Alignment = isNumber ? Justify.Right : Justify.Left, NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    private static Text Number(ulong number) => new(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>The end of a path tells more than its beginning.</summary>
    private static string Shorten(string path) => path.Length <= CurrencyWidth ? path : $"…{path[^(CurrencyWidth - 1)..]}";

    /// <summary>Both bars of all rows have one scale, so that they compare.</summary>
    private static IRenderable Share(double share, double scale, int bar, Color color)
    {
        string percent = ScheduleRow.Percent(share);
        if (bar < MinimumBar)
            return new Text(percent);
        int filled = scale == 0 ? 0 : (int)Math.Round(share / scale * bar);
        return new Paragraph().Append(new string('█', filled), new Style(color)).Append($"{new string(' ', bar - filled)} {percent,7}");
    }

    /// <summary>A bar to the left of its middle for bad luck, to the right for good, and red where it is more than luck.</summary>
    private static Paragraph Deviation(ScheduleRow row)
    {
        double deviation = row.Deviation;
        int length = (int)Math.Round(Math.Min(Math.Abs(deviation), MaximumDeviation) / MaximumDeviation * HalfDeviationBar);
        string left = deviation < 0 ? new string('█', length).PadLeft(HalfDeviationBar) : new string(' ', HalfDeviationBar);
        string right = deviation > 0 ? new string('█', length).PadRight(HalfDeviationBar) : new string(' ', HalfDeviationBar);
        var style = new Style(Math.Abs(deviation) > MaximumDeviation ? Color.Red : Color.Yellow);
        return new Paragraph().Append(left, style).Append("│", Style.Plain).Append(right, style).Append($" {ScheduleRow.Sigma(deviation),7}");
    }
}
