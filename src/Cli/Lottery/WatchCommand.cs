using System.CommandLine;

namespace P3Ebpf.Cli.Lottery;

/// <summary><c>p3ebpf watch</c>: shows a pinned map of tasks.</summary>
internal sealed class WatchCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf watch --map-pin /sys/fs/bpf/lottery/tasks
              live, until Ctrl-C; in a pipe: one table of everything counted so far
          p3ebpf watch --map-pin /sys/fs/bpf/lottery/tasks --duration 10 --json
              the shares of the next ten seconds, as one JSON document
        """;

    private readonly Option<string> _mapPin = new("--map-pin") { HelpName = "PATH", Description = "Where task_map is pinned.", Required = true };

    private readonly Option<TimeSpan?> _duration =
        Duration.Option("Stop after so long. Without it: on a terminal at Ctrl-C; elsewhere and with --json at once, with what was counted so far.");

    public WatchCommand()
        : base(
            "watch",
            "Show the tasks of a lottery scheduler that was pinned: their tickets, and the CPU time they really got.",
            CommandExamples)
    {
        Options.Add(_mapPin);
        Options.Add(_duration);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string path = arguments.GetRequiredValue(_mapPin);
        TimeSpan? duration = arguments.GetValue(_duration);
        using BpfMap map = BpfMap.FromPin(path);
        TaskMap tasks = TaskMap.From(map, path);
        if (invocation.IsLive)
        {
            new LiveView(tasks, path).Show(duration, invocation);
            return invocation.ExitCode;
        }

        TaskSnapshot start = TaskSnapshot.Empty;
        if (duration is not null)
        {
            start = tasks.Read();
            invocation.Wait(duration);
        }

        TaskSnapshot end = tasks.Read();
        IReadOnlyList<TaskRow> rows = end.Rows(end.CpuSharesSince(start));
        if (invocation.WantsJson)
            invocation.Write(new WatchDocument(path, duration?.TotalSeconds, [.. rows.Select(TaskEntry.From)]), LotteryJson.Default.WatchDocument);
        else
            TaskTable.Write(rows, invocation.Output);
        return invocation.ExitCode;
    }
}

/// <summary>The answer of <c>watch --json</c>.</summary>
/// <param name="Map">Where the map is pinned.</param>
/// <param name="DurationSeconds">The time that the shares of CPU time are of; null: since the scheduler was attached.</param>
/// <param name="Tasks">The greatest share of CPU time first.</param>
internal sealed record WatchDocument(string Map, double? DurationSeconds, IReadOnlyList<TaskEntry> Tasks) : CliDocument;
