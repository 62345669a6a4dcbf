using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The scheduler's tasks on a terminal, as long as it is in force.</summary>
/// <remarks>Shares are those of the last second, so that a change of tickets shows at once; draws are counted from the start, since only many of them tell luck from error.</remarks>
internal sealed class LiveSchedule(LotteryScheduler scheduler) : LiveTable<ScheduleRow>
{
    private const int CurrencyWidth = 24;

    /// <summary>What is to the left and right of the middle of a bar of deviation, in standard deviations; three are seldom exceeded by chance.</summary>
    private const double MaximumDeviation = 3;
    private const int HalfDeviationBar = 4;

    private ScheduleSnapshot _last = ScheduleSnapshot.Empty;
    private Dictionary<uint, ScheduleRow> _whole = [];

    protected override string Title => "lottery";

    protected override string Advice => "Ctrl-C gives the machine back.";

    protected override bool Goes => scheduler.IsInForce;

    protected override IReadOnlyList<(string Heading, bool IsNumber)> Columns =>
        [("PID", true), ("NAME", false), ("CURRENCY", false), ("TICKETS", true), ("EXPECTED", true), ("CPU", true), ("WON", true), ("OF", true), ("DEVIATION", true), ("WAIT", true), ("LONGEST", true)];

    protected override IReadOnlyList<ScheduleRow> Read()
    {
        ScheduleSnapshot now = scheduler.Read();
        IReadOnlyList<ScheduleRow> rows = now.RowsSince(_last);
        _whole = now.RowsSince(ScheduleSnapshot.Empty).ToDictionary(row => row.Id);
        _last = now;
        return rows;
    }

    protected override (double Due, double Got) SharesOf(ScheduleRow row) => (row.ExpectedShare, row.CpuShare);

    protected override IEnumerable<IRenderable> CellsOf(ScheduleRow row, ShareBars bars)
    {
        ScheduleRow all = _whole[row.Id];
        return
        [
            Number(row.Id), new Text(Printable.Of(row.Record.Command)), new Text(Shorten(Printable.Of(row.Currency))), Number(row.Record.Tickets),
            bars.Of(row.ExpectedShare, Color.Blue), bars.Of(row.CpuShare, Color.Green),
            Number(all.Won), new Text(all.Expected.ToString("0.0", CultureInfo.InvariantCulture)), Deviation(all),
            new Text(ScheduleRow.Milliseconds(row.MeanWaitNanoseconds)), new Text(ScheduleRow.Milliseconds(all.Record.LongestWaitNanoseconds)),
        ];
    }

    /// <summary>The end of a path tells more than its beginning.</summary>
    private static string Shorten(string path) => path.Length <= CurrencyWidth ? path : $"…{path[^(CurrencyWidth - 1)..]}";

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
