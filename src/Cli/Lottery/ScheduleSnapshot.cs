using System.Globalization;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The scheduler's records at one time.</summary>
/// <param name="Tasks">By task id.</param>
/// <param name="Groups">By cgroup id.</param>
/// <param name="Rescued">How often a task ran without a draw since it had waited too long.</param>
internal sealed record ScheduleSnapshot(IReadOnlyDictionary<uint, ScheduledTask> Tasks, IReadOnlyDictionary<ulong, ScheduledGroup> Groups, ulong Rescued)
{
    /// <summary>Before the first draw.</summary>
    public static ScheduleSnapshot Empty { get; } = new(new Dictionary<uint, ScheduledTask>(), new Dictionary<ulong, ScheduledGroup>(), 0);

    /// <summary>What each task should have got and did get since an earlier snapshot, the greatest share of processor time first.</summary>
    public IReadOnlyList<ScheduleRow> RowsSince(ScheduleSnapshot earlier)
    {
        var names = new Dictionary<ulong, string>();
        ScheduleRow[] rows = [.. Tasks.Select(each => RowOf(each.Key, each.Value, Before(earlier, each.Key, each.Value), names))];
        double due = rows.Sum(row => row.Due);
        double time = rows.Sum(row => (double)row.RunTimeNanoseconds);
        return
        [
            .. rows
                .Select(row => row with { ExpectedShare = due == 0 ? 0 : row.Due / due, CpuShare = time == 0 ? 0 : row.RunTimeNanoseconds / time })
                .OrderByDescending(row => row.CpuShare).ThenByDescending(row => row.ExpectedShare).ThenBy(row => row.Id),
        ];
    }

    /// <summary>An id can be taken over by a new task, whose counts start again.</summary>
    private static ScheduledTask Before(ScheduleSnapshot earlier, uint id, ScheduledTask now) =>
        earlier.Tasks.TryGetValue(id, out ScheduledTask before) && before.Task == now.Task && before.RunTimeNanoseconds <= now.RunTimeNanoseconds ? before : default;

    private static ScheduleRow RowOf(uint id, ScheduledTask now, ScheduledTask before, Dictionary<ulong, string> names)
    {
        if (!names.TryGetValue(now.CgroupId, out string? currency))
            names.Add(now.CgroupId, currency = NameOf(now.CgroupId));
        return new ScheduleRow(id, now, currency)
        {
            RunTimeNanoseconds = now.RunTimeNanoseconds - before.RunTimeNanoseconds,
            WaitTimeNanoseconds = now.WaitTimeNanoseconds - before.WaitTimeNanoseconds,
            Entered = now.Entered - before.Entered,
            Won = now.Won - before.Won,
            Expected = Math.Max(0, now.Expected - before.Expected),
            Due = Math.Max(0, now.Due - before.Due),
            Unopposed = now.Unopposed - before.Unopposed,
        };
    }

    private static string NameOf(ulong group) => group == 0 ? "-" : CgroupPath.FromId(group) ?? string.Create(CultureInfo.InvariantCulture, $"#{group}");
}

/// <summary>One task between two snapshots.</summary>
/// <param name="Id">What user space calls a thread id.</param>
/// <param name="Record">What the map holds.</param>
/// <param name="Currency">The path of its cgroup; within it its tickets count.</param>
internal sealed record ScheduleRow(uint Id, ScheduledTask Record, string Currency)
{
    public ulong RunTimeNanoseconds { get; init; }

    public ulong WaitTimeNanoseconds { get; init; }

    /// <summary>Draws that it took part in.</summary>
    public ulong Entered { get; init; }

    /// <summary>Draws that it won.</summary>
    public ulong Won { get; init; }

    /// <summary>Draws that it should have won.</summary>
    public double Expected { get; init; }

    /// <summary>Times that nobody else wanted the processor it got.</summary>
    public ulong Unopposed { get; init; }

    /// <summary>Its part of the processor time that the draws were for, by its tickets, 0 to 1.</summary>
    public double ExpectedShare { get; init; }

    /// <summary>Its part of the time that tasks ran, 0 to 1.</summary>
    public double CpuShare { get; init; }

    /// <summary>What it should have run, in slices: a task with compensation should win more often by as much as it uses less of each.</summary>
    public double Due { get; init; }

    /// <summary>How far the draws won are from those expected, in standard deviations of so many draws: sqrt(n p (1 - p)).</summary>
    public double Deviation
    {
        get
        {
            double chance = Entered == 0 ? 0 : Expected / Entered;
            double deviation = Math.Sqrt(Entered * chance * (1 - chance));
            return deviation > 0 ? (Won - Expected) / deviation : 0;
        }
    }

    /// <summary>How long it waits before it runs, on average.</summary>
    public double MeanWaitNanoseconds => WaitTimeNanoseconds / (double)Math.Max(1, Won + Unopposed);

    public static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    public static string Sigma(double deviation) => deviation.ToString("+0.0 σ;-0.0 σ;0.0 σ", CultureInfo.InvariantCulture);

    public static string Milliseconds(double nanoseconds) => nanoseconds >= 10e9
        ? (nanoseconds / 1e9).ToString("0.0 s", CultureInfo.InvariantCulture)
        : (nanoseconds / 1e6).ToString("0.0 ms", CultureInfo.InvariantCulture);
}
