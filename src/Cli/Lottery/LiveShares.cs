namespace P3Ebpf.Cli.Lottery;

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
