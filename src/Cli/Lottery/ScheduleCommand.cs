using System.CommandLine;
using System.Globalization;

namespace P3Ebpf.Cli.Lottery;

/// <summary><c>p3ebpf schedule</c>: the lottery decides who runs.</summary>
internal sealed class ScheduleCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf schedule
              all ordinary tasks take part; a live table, until Ctrl-C
          p3ebpf schedule --duration 10 --json
              ten seconds, as one JSON document
          p3ebpf tickets 1234 4096
              meanwhile: as many tickets as four tasks of nice 0 have
        """;

    private const int DefaultSlice = 3000;
    private const int MinimumSlice = 1000;
    private const int MaximumSlice = 1000000;

    /// <summary>How soon it is noticed that the kernel has thrown the scheduler out.</summary>
    private static readonly TimeSpan Watchfulness = TimeSpan.FromMilliseconds(200);

    private readonly Option<TimeSpan?> _duration = Duration.Option("Give the machine back and exit after so long. Default: on Ctrl-C.");

    private readonly Option<int> _slice = new("--slice")
    {
        HelpName = "US",
        Description = $"How many microseconds a winner runs, {MinimumSlice} to {MaximumSlice}. Default: {DefaultSlice}. The kernel's tick may round it up.",
        DefaultValueFactory = _ => DefaultSlice,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int slice) && slice is >= MinimumSlice and <= MaximumSlice)
                return slice;
            result.AddError($"--slice takes {MinimumSlice} to {MaximumSlice} microseconds, not '{text}'.");
            return DefaultSlice;
        },
    };

    private readonly Option<bool> _partial = new("--partial")
    {
        Description = "Draw only among tasks of the policy SCHED_EXT (7, set by sched_setscheduler); the kernel goes on scheduling the others. Default: all ordinary tasks.",
    };

    public ScheduleCommand()
        : base(
            "schedule",
            "Let a lottery decide who runs next: processor time in proportion to tickets, which come from nice values, p3ebpf tickets and the cpu.weight of cgroups. "
                + "Shows what each task should get and does get. When it ends, however it ends, the kernel's default scheduler has the tasks again. Needs sched_ext.",
            CommandExamples)
    {
        Options.Add(_duration);
        Options.Add(_slice);
        Options.Add(_partial);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        TimeSpan? duration = arguments.GetValue(_duration);
        int slice = arguments.GetValue(_slice);
        bool isPartial = arguments.GetValue(_partial);
        SchedExt.Require(Kernel.Running);
        long start = 0;
        ScheduleSnapshot end = ScheduleSnapshot.Empty;
        for (int restarts = 0; ; restarts++)
        {
            using LotteryScheduler scheduler = LotteryScheduler.Start(TimeSpan.FromMicroseconds(slice), isPartial);
            scheduler.TakeOver(end);
            if (restarts == 0)
                start = TimeProvider.System.GetTimestamp();
            Watch(scheduler, duration - TimeProvider.System.GetElapsedTime(start), invocation);

            TimeSpan elapsed = TimeProvider.System.GetElapsedTime(start);
            end = scheduler.Read();
            SchedulerExit exit = scheduler.Stop();
            if (exit.WantsRestart && !(elapsed >= duration) && !invocation.Interrupted.IsCancellationRequested)
            {
                invocation.Note($"lottery: {exit.Words} {exit.Message}; it starts again");
                continue;
            }

            IReadOnlyList<ScheduleRow> rows = end.RowsSince(ScheduleSnapshot.Empty);
            if (invocation.WantsJson)
                invocation.Write(ScheduleDocument.From(elapsed, slice, isPartial, restarts, end, rows, exit), LotteryJson.Default.ScheduleDocument);
            else
                WriteTable(rows, invocation.Output);
            Tell(exit, end, invocation);
            return exit.IsOrderly ? invocation.ExitCode : ExitCode.Failed;
        }
    }

    private static void Watch(LotteryScheduler scheduler, TimeSpan? duration, Invocation invocation)
    {
        if (invocation.IsLive)
            new LiveSchedule(scheduler).Show(duration, invocation);
        else
            Wait(scheduler, duration, invocation);
    }

    private static void Wait(LotteryScheduler scheduler, TimeSpan? duration, Invocation invocation)
    {
        invocation.Note(duration is null ? "the lottery decides until interrupted (Ctrl-C)" : "the lottery decides");
        long start = TimeProvider.System.GetTimestamp();
        while (scheduler.IsInForce && !invocation.Interrupted.IsCancellationRequested)
        {
            TimeSpan left = (duration ?? TimeSpan.MaxValue) - TimeProvider.System.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                break;
            invocation.Wait(left < Watchfulness ? left : Watchfulness);
        }
    }

    private static void Tell(SchedulerExit exit, ScheduleSnapshot end, Invocation invocation)
    {
        if (end.Rescued > 0)
            invocation.Note($"note: {end.Rescued} times a task ran without a draw, since it had waited too long.");
        string message = exit.Message.Length > 0 ? $" It says: {exit.Message}." : string.Empty;
        invocation.Note($"{(exit.IsOrderly ? "lottery" : "p3ebpf: lottery")}: {exit.Words}{message}");
        if (exit.IsError)
        {
            foreach (string line in exit.Dump.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                invocation.Note($"    {line.Replace('\t', ' ')}");
            invocation.Note("hint: The kernel's log (dmesg) has the same. A defect of the scheduler; please report it with these lines.");
        }
    }

    private static void WriteTable(IReadOnlyList<ScheduleRow> rows, LineWriter writer)
    {
        var table = new TextTable(">PID", "NAME", "STATE", "CURRENCY", ">TICKETS", ">EXPECTED", ">CPU", ">WON", ">OF", ">DEVIATION", ">WAIT", ">LONGEST", ">RUN TIME");
        foreach (ScheduleRow row in rows)
        {
            table.Add(
                row.Id.ToString(CultureInfo.InvariantCulture), row.Record.Command, row.Record.State, row.Currency, row.Record.Tickets.ToString(CultureInfo.InvariantCulture),
                ScheduleRow.Percent(row.ExpectedShare), ScheduleRow.Percent(row.CpuShare),
                row.Won.ToString(CultureInfo.InvariantCulture), row.Expected.ToString("0.0", CultureInfo.InvariantCulture), ScheduleRow.Sigma(row.Deviation),
                ScheduleRow.Milliseconds(row.MeanWaitNanoseconds), ScheduleRow.Milliseconds(row.Record.LongestWaitNanoseconds), ScheduleRow.Milliseconds(row.RunTimeNanoseconds));
        }

        table.Write(writer);
    }
}

/// <summary>The answer of <c>schedule --json</c>. Shares are from 0 to 1; all counts are of the time that the scheduler was in force, since its last start.</summary>
/// <param name="DurationSeconds">How long the command ran, from the first start on.</param>
/// <param name="SliceUs">How long a winner runs, in microseconds.</param>
/// <param name="Partial">Whether only tasks of the policy SCHED_EXT took part.</param>
/// <param name="Restarts">How often it was started again since a processor came or went.</param>
/// <param name="Rescued">How often a task ran without a draw since it had waited too long.</param>
/// <param name="Tasks">The greatest share of processor time first.</param>
/// <param name="Currencies">The cgroups, by id.</param>
/// <param name="Exit">Why it left.</param>
internal sealed record ScheduleDocument(
    double DurationSeconds,
    int SliceUs,
    bool Partial,
    int Restarts,
    ulong Rescued,
    IReadOnlyList<ScheduleDocument.Task> Tasks,
    IReadOnlyList<ScheduleDocument.Currency> Currencies,
    ScheduleDocument.End Exit) : CliDocument
{
    private const int Digits = 6;

    public static ScheduleDocument From(TimeSpan elapsed, int slice, bool isPartial, int restarts, ScheduleSnapshot end, IReadOnlyList<ScheduleRow> rows, SchedulerExit exit) => new(
        Math.Round(elapsed.TotalSeconds, Digits), slice, isPartial, restarts, end.Rescued,
        [.. rows.Select(Task.From)],
        [.. end.Groups.OrderBy(each => each.Key).Select(each => Currency.From(each.Key, each.Value))],
        new End(exit.Kind, exit.Code, exit.Reason, exit.Message, exit.Words));

    /// <param name="Pid">The task, in the initial pid namespace.</param>
    /// <param name="Tgid">Its process.</param>
    /// <param name="Name">Its command name.</param>
    /// <param name="State">sleeps, waits or runs.</param>
    /// <param name="CgroupId">Its currency.</param>
    /// <param name="Currency">The path of that cgroup.</param>
    /// <param name="Tickets">What counts within it.</param>
    /// <param name="UserTickets">What it was given; 0 when its nice value decides.</param>
    /// <param name="Value">What its tickets were worth in the root's, when it last took part in a draw.</param>
    /// <param name="ExpectedShare">Its part of the processor time that was drawn for, by its tickets.</param>
    /// <param name="CpuShare">Its part of the time that tasks ran.</param>
    /// <param name="DrawsEntered">Draws among at least two tasks that it took part in.</param>
    /// <param name="DrawsWon">How many of them it won.</param>
    /// <param name="DrawsExpected">How many it should have won.</param>
    /// <param name="Deviation">The difference, in standard deviations.</param>
    /// <param name="Unopposed">Times that nobody else wanted the processor it got.</param>
    /// <param name="RunTimeNs">Nanoseconds on a processor.</param>
    /// <param name="WaitTimeNs">Nanoseconds it waited for one.</param>
    /// <param name="LongestWaitNs">The longest of these waits.</param>
    internal sealed record Task(
        uint Pid, uint Tgid, string Name, string State, ulong CgroupId, string Currency, uint Tickets, uint UserTickets, double Value, double ExpectedShare, double CpuShare,
        ulong DrawsEntered, ulong DrawsWon, double DrawsExpected, double Deviation, ulong Unopposed, ulong RunTimeNs, ulong WaitTimeNs, ulong LongestWaitNs)
    {
        public static Task From(ScheduleRow row) => new(
            row.Id, row.Record.ThreadGroupId, row.Record.Command, row.Record.State, row.Record.CgroupId, row.Currency, row.Record.Tickets, row.Record.UserTickets,
            Math.Round(row.Record.Value, Digits), Math.Round(row.ExpectedShare, Digits), Math.Round(row.CpuShare, Digits),
            row.Entered, row.Won, Math.Round(row.Expected, Digits), Math.Round(row.Deviation, Digits), row.Unopposed,
            row.RunTimeNanoseconds, row.WaitTimeNanoseconds, row.Record.LongestWaitNanoseconds);
    }

    /// <param name="CgroupId">The cgroup.</param>
    /// <param name="Path">Its path; null where it is gone.</param>
    /// <param name="Parent">The cgroup in which its worth counts; 0 for the root.</param>
    /// <param name="Worth">Its tickets there: 1024 for cpu.weight 100.</param>
    /// <param name="ActiveTickets">The tickets of its runnable members.</param>
    /// <param name="RunTimeNs">Nanoseconds that its own tasks ran.</param>
    internal sealed record Currency(ulong CgroupId, string? Path, ulong Parent, ulong Worth, ulong ActiveTickets, ulong RunTimeNs)
    {
        public static Currency From(ulong id, ScheduledGroup group) => new(id, CgroupPath.FromId(id), group.Parent, group.Worth, group.ActiveTickets, group.RunTimeNanoseconds);
    }

    /// <param name="Kind">The kernel's number of the kind (enum scx_exit_kind).</param>
    /// <param name="Code">What the scheduler or the kernel adds.</param>
    /// <param name="Reason">The kernel's name of the kind.</param>
    /// <param name="Message">What the kernel says of this case.</param>
    /// <param name="Words">The kind as a sentence.</param>
    internal sealed record End(int Kind, long Code, string Reason, string Message, string Words);
}
