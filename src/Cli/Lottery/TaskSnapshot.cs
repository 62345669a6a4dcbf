namespace P3Ebpf.Cli.Lottery;

/// <summary>The records of all tasks at one time.</summary>
/// <param name="Records">By task id.</param>
internal sealed record TaskSnapshot(IReadOnlyDictionary<uint, TaskRecord> Records)
{
    /// <summary>Before the first switch was counted.</summary>
    public static TaskSnapshot Empty { get; } = new(new Dictionary<uint, TaskRecord>());

    /// <summary>
    /// Each task's part, 0 to 1, of the time that all tasks of this snapshot ran since an earlier one. Only stretches that have ended
    /// count: a record may say that its task is on a processor long after the task left it unseen.
    /// </summary>
    public Dictionary<uint, double> CpuSharesSince(TaskSnapshot earlier)
    {
        var times = Records.ToDictionary(each => each.Key, each => (double)RunTimeSince(earlier, each.Key, each.Value));
        double total = times.Values.Sum();
        return total == 0 ? times : times.ToDictionary(each => each.Key, each => each.Value / total);
    }

    /// <summary>The tasks with the given parts of the CPU time, the greatest first.</summary>
    public IReadOnlyList<TaskRow> Rows(IReadOnlyDictionary<uint, double> cpuShares)
    {
        double tickets = Records.Values.Sum(record => (double)record.Tickets);
        return
        [
            .. Records
                .Select(each => new TaskRow(each.Key, each.Value, tickets == 0 ? 0 : each.Value.Tickets / tickets, cpuShares.GetValueOrDefault(each.Key)))
                .OrderByDescending(row => row.CpuShare).ThenByDescending(row => row.Record.RunTimeNanoseconds).ThenBy(row => row.Id),
        ];
    }

    /// <summary>An id can be taken over by a new task, whose time starts again.</summary>
    private static ulong RunTimeSince(TaskSnapshot earlier, uint task, TaskRecord record) =>
        earlier.Records.TryGetValue(task, out TaskRecord before) && before.RunTimeNanoseconds <= record.RunTimeNanoseconds
            ? record.RunTimeNanoseconds - before.RunTimeNanoseconds
            : record.RunTimeNanoseconds;
}
