using Spectre.Console;
using Spectre.Console.Rendering;

namespace P3Ebpf.Cli.Lottery;

/// <summary>A pinned map of tasks on a terminal; at the end once more, for the whole time.</summary>
internal sealed class LiveView(TaskMap map, string title) : LiveTable<TaskRow>
{
    private readonly LiveShares _shares = new(map);

    protected override string Title => title;

    protected override string Advice => "Ctrl-C ends.";

    protected override IReadOnlyList<(string Heading, bool IsNumber)> Columns =>
        [("PID", true), ("NAME", false), ("ST", false), ("TICKETS", true), ("SHARE", true), ("CPU", true), ("SWITCHES", true), ("RUN TIME", true)];

    public override void Show(TimeSpan? duration, Invocation invocation)
    {
        base.Show(duration, invocation);
        Leave(_shares.ReadWhole());
    }

    protected override IReadOnlyList<TaskRow> Read() => _shares.ReadLatest();

    protected override (double Due, double Got) SharesOf(TaskRow row) => (row.TicketShare, row.CpuShare);

    protected override IEnumerable<IRenderable> CellsOf(TaskRow row, ShareBars bars) =>
    [
        Number(row.Id), new Text(Printable.Of(row.Record.Command)), new Text(row.Record.StateLetter.ToString()),
        Number(row.Record.Tickets), bars.Of(row.TicketShare, Color.Blue), bars.Of(row.CpuShare, Color.Green),
        Number(row.Record.Switches), new Text(row.RunTime),
    ];
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
