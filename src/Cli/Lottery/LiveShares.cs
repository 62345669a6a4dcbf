namespace P3Ebpf.Cli.Lottery;

/// <summary>Follows a map of tasks for a view that is drawn again and again: shares since the last reading, evened out over a few.</summary>
internal sealed class LiveShares(TaskMap map)
{
    /// <summary>How much the newest interval counts against all before it.</summary>
    private const double Weight = 0.5;

    private TaskSnapshot _last = TaskSnapshot.Empty;
    private Dictionary<uint, double>? _shares;

    public IReadOnlyList<TaskRow> Read()
    {
        TaskSnapshot now = map.Read();
        Dictionary<uint, double> newest = now.CpuSharesSince(_last);
        _shares = _shares is not { } before
            ? newest
            : newest.ToDictionary(each => each.Key, each => (Weight * each.Value) + ((1 - Weight) * before.GetValueOrDefault(each.Key)));
        _last = now;
        return now.Rows(_shares);
    }
}
