using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using P3Ebpf.Btf;
using P3Ebpf.Cli.Lottery;

namespace P3Ebpf.Cli.Tests.Lottery;

/// <summary>The lottery decides who runs, on a kernel with sched_ext.</summary>
[KernelTests]
public sealed class ScheduleTests
{
    private const string State = "/sys/kernel/sched_ext/state";
    private const string Keyboard = "/proc/sysrq-trigger";

    /// <summary>Computes without end, but only once a scheduler is in force: in an emulated machine that takes its time to come into force.</summary>
    private const string Endless = $"until grep -q enabled {State}; do sleep 0.1; done; while :; do :; done";

    /// <summary>Only ends a wait that is in vain.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public void Everybody_takes_part_and_the_machine_is_given_back_at_the_end()
    {
        RequireSchedExt();
        using Process one = Cli.Start(["taskset", "-c", "0", "sh", "-c", Endless]);
        using Process other = Cli.Start(["taskset", "-c", "0", "sh", "-c", Endless]);
        try
        {
            // Where the machine that emulates this one has little time for it, a second has few slices.
            JsonElement document = default;
            for (int seconds = 3; seconds < 100; seconds *= 3)
            {
                document = Cli.RunForJson(0, "schedule", "--duration", $"{seconds}", "--slice", "4000");
                if (TaskOf(document, one).GetProperty("draws_entered").GetUInt64() > 50)
                    break;
            }

            document.GetProperty("slice_us").GetInt32().Should().Be(4000);
            document.GetProperty("partial").GetBoolean().Should().BeFalse();
            JsonElement exit = document.GetProperty("exit");
            exit.GetProperty("kind").GetInt32().Should().Be(64, "its loader let go of it");
            exit.GetProperty("words").GetString().Should().StartWith("It left as it was told to");
            JsonElement[] tasks = [.. document.GetProperty("tasks").EnumerateArray()];
            tasks.Sum(task => task.GetProperty("cpu_share").GetDouble()).Should().BeApproximately(1, 0.01);
            tasks.Sum(task => task.GetProperty("expected_share").GetDouble()).Should().BeApproximately(1, 0.01);
            foreach (Process process in (Process[])[one, other])
            {
                JsonElement task = TaskOf(document, process);
                task.GetProperty("tickets").GetInt32().Should().Be(1024, "its nice value is 0");
                task.GetProperty("currency").GetString().Should().StartWith("/");
                ulong entered = task.GetProperty("draws_entered").GetUInt64();
                ulong won = task.GetProperty("draws_won").GetUInt64();
                won.Should().BePositive("each draw goes to one of the two, and there are many").And.BeLessThan(entered);
                task.GetProperty("draws_expected").GetDouble().Should().BeInRange(1, entered);
            }

            File.ReadAllText(State).Trim().Should().Be("disabled");
        }
        finally
        {
            one.Kill();
            other.Kill();
        }
    }

    [Fact]
    public void Only_tasks_that_ask_for_it_take_part_when_it_is_partial()
    {
        RequireSchedExt();
        using Process outsider = Cli.Start(["sh", "-c", Endless]);
        try
        {
            JsonElement document = Cli.RunForJson(0, "schedule", "--duration", "1", "--partial");
            document.GetProperty("partial").GetBoolean().Should().BeTrue();
            document.GetProperty("tasks").EnumerateArray().Sum(task => (double)task.GetProperty("run_time_ns").GetUInt64()).Should().Be(0, "nobody here has the policy SCHED_EXT");
        }
        finally
        {
            outsider.Kill();
        }
    }

    [Fact]
    public void Tickets_can_be_given_while_it_runs_and_its_sudden_death_gives_the_machine_back()
    {
        RequireSchedExt();
        using Process task = Cli.Start(["sleep", "infinity"]);
        using Process scheduler = Cli.Start(Cli.Words("schedule", "--json"));
        try
        {
            scheduler.StandardError.ReadLine().Should().StartWith("the lottery decides");
            string pid = task.Id.ToString(CultureInfo.InvariantCulture);
            JsonElement given = Cli.RunForJson(0, "tickets", pid, "4096");
            given.GetProperty("tickets").GetUInt32().Should().Be(4096);
            given.GetProperty("user_tickets").GetUInt32().Should().Be(4096);
            given.GetProperty("previous_tickets").GetUInt32().Should().Be(1024);
            Cli.RunForJson(0, "tickets", pid, "0").GetProperty("tickets").GetUInt32().Should().Be(1024, "its nice value decides again");
        }
        finally
        {
            scheduler.Kill();
            task.Kill();
        }

        scheduler.WaitForExit();
        SpinWait.SpinUntil(() => File.ReadAllText(State).Trim() == "disabled", Patience).Should().BeTrue("the kernel closes the link of a dead process");
        JsonElement refused = Cli.RunForJson(1, "tickets", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), "1");
        refused.GetProperty("error").GetProperty("code").GetString().Should().Be("no-scheduler");
    }

    [Fact]
    public void One_that_the_kernel_takes_out_still_has_its_records()
    {
        RequireSchedExt();
        Requires.Path(Keyboard, "This kernel takes no orders from the keyboard.");
        using Process task = Cli.Start(["sleep", "infinity"]);
        using Process scheduler = Cli.Start(Cli.Words("schedule", "--json"));
        try
        {
            scheduler.StandardError.ReadLine().Should().StartWith("the lottery decides");
            _ = Cli.RunForJson(0, "tickets", task.Id.ToString(CultureInfo.InvariantCulture), "4096");
            File.WriteAllText(Keyboard, "S");

            CliResult result = Cli.Finish(scheduler);
            result.ExitCode.Should().Be(1);
            JsonElement document = JsonDocument.Parse(result.Output).RootElement;
            document.GetProperty("exit").GetProperty("kind").GetInt32().Should().Be(67);
            TaskOf(document, task).GetProperty("user_tickets").GetInt32().Should().Be(4096, "it is to have them again where the scheduler starts again");
        }
        finally
        {
            if (!scheduler.HasExited)
                scheduler.Kill();
            task.Kill();
        }
    }

    [Fact]
    public void Most_runs_are_drawn_even_where_all_have_waited_too_long()
    {
        RequireSchedExt();
        const int Count = 100;

        // The slice shrinks to a fifth, with so many. Who is rescued must not have what it was before: that would be all the time.
        BpfObjectSpec spec = BuiltInObject.Scheduler;
        spec.Variables["slice_ns"].Set(100_000_000UL);
        spec.Variables["rescue_after_ns"].Set(1_000_000UL);
        using Process shell = Cli.Start(["taskset", "-c", "0", "setsid", "sh", "-c",
            $"exec 3<&0; i=0; while [ $i -lt {Count} ]; do (read x <&3; while :; do :; done) & i=$((i+1)); done; echo ready; wait"]);
        try
        {
            shell.StandardOutput.ReadLine().Should().Be("ready");
            using BpfObject scheduler = spec.Load();
            scheduler.Attach();
            var records = new BpfHashMap<uint, ScheduledTask>(scheduler.Maps["tasks"]);
            uint[] tasks = [.. File.ReadAllText($"/proc/{shell.Id}/task/{shell.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse)];
            tasks.Should().HaveCount(Count);

            shell.StandardInput.Close();
            (ulong Drawn, ulong Undrawn) runs = default;
            SpinWait.SpinUntil(() => (runs = Runs()) is var (drawn, undrawn) && drawn + undrawn > 400, Patience).Should().BeTrue();
            runs.Drawn.Should().BeGreaterThan(runs.Undrawn);

            (ulong Drawn, ulong Undrawn) Runs() => tasks.Select(task => records[task]).Aggregate((0UL, 0UL), (sum, task) => (sum.Item1 + task.Won, sum.Item2 + task.Unopposed));
        }
        finally
        {
            Cli.Execute(["sh", "-c", $"kill -KILL -{shell.Id}"]);
        }
    }

    [Fact]
    public void A_second_scheduler_is_refused_and_the_first_stays()
    {
        RequireSchedExt();
        using Process scheduler = Cli.Start(Cli.Words("schedule", "--json"));
        try
        {
            scheduler.StandardError.ReadLine().Should().StartWith("the lottery decides");
            JsonElement error = Cli.RunForJson(1, "schedule", "--duration", "1").GetProperty("error");
            error.GetProperty("hint").GetString().Should().Contain("Another sched_ext scheduler");
            File.ReadAllText(State).Trim().Should().Be("enabled");
        }
        finally
        {
            scheduler.Kill();
            scheduler.WaitForExit();
        }
    }

    [Fact]
    public void A_kernel_without_sched_ext_is_told_what_it_lacks()
    {
        Requires.Bpf();
        Assert.SkipWhen(File.Exists(State), "This kernel has sched_ext.");
        JsonElement error = Cli.RunForJson(3, "schedule").GetProperty("error");
        error.GetProperty("code").GetString().Should().Be("kernel-lacks-feature");
        error.GetProperty("message").GetString().Should().Contain("sched_ext").And.ContainAny("CONFIG_SCHED_CLASS_EXT", "Linux 6.12");
        error.GetProperty("hint").GetString().Should().Contain("CONFIG_SCHED_CLASS_EXT=y");
    }

    private static JsonElement TaskOf(JsonElement document, Process process) =>
        document.GetProperty("tasks").EnumerateArray().Single(task => task.GetProperty("pid").GetInt32() == process.Id);

    private static void RequireSchedExt()
    {
        Requires.Bpf();
        Requires.Path(State, "This kernel has no sched_ext (CONFIG_SCHED_CLASS_EXT).");
        Assert.SkipWhen(Environment.OSVersion.Version is { Major: 7, Minor: 1 or 2 }, "The BTF of such kernels describes the functions of sched_ext wrongly.");
        Requires.Program("taskset");
        Assert.SkipWhen(File.ReadAllText(State).Trim() != "disabled", "Another sched_ext scheduler is in force.");
    }
}

/// <summary>What the scheduler's records and its end are read as.</summary>
public sealed class SchedulerRecordTests
{
    [Fact]
    public void Records_have_the_layout_of_the_object()
    {
        SizeOf("task_record").Should().Be(Unsafe.SizeOf<ScheduledTask>());
        SizeOf("group_record").Should().Be(Unsafe.SizeOf<ScheduledGroup>());
        SizeOf("queue").Should().Be(Unsafe.SizeOf<ScheduledQueue>());
        Offset("task_record", "due").Should().Be(64);
        Offset("task_record", "nice_tickets").Should().Be(136);
        Offset("exit_record", "message").Should().Be(144);
        Offset("exit_record", "dump").Should().Be(1168);
    }

    [Fact]
    public void What_tasks_should_run_does_not_count_the_wins_that_make_up_for_short_slices()
    {
        var tasks = new Dictionary<uint, ScheduledTask> { [1] = Task(expected: 30, due: 3), [2] = Task(expected: 1, due: 1) };
        IReadOnlyList<ScheduleRow> rows = new ScheduleSnapshot(tasks, new Dictionary<ulong, ScheduledGroup>(), 0).RowsSince(ScheduleSnapshot.Empty);
        rows.Select(row => (row.Id, row.Expected, row.ExpectedShare)).Should().Equal((1U, 30, 0.75), (2U, 1, 0.25));

        static ScheduledTask Task(ulong expected, ulong due)
        {
            Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<ScheduledTask>()];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[Offset("task_record", "expected")..], expected << 32);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[Offset("task_record", "due")..], due << 32);
            return MemoryMarshal.Read<ScheduledTask>(bytes);
        }
    }

    [Theory]
    [InlineData("999")]
    [InlineData("1000001")]
    [InlineData("soon")]
    public void A_slice_that_the_scheduler_would_not_keep_is_refused(string slice)
    {
        CliResult result = Cli.Run("schedule", "--slice", slice);
        result.ExitCode.Should().Be(ExitCode.Usage);
        result.Error.Should().Contain("--slice takes 1000 to 1000000 microseconds");
    }

    [Theory]
    [InlineData(64, true, false, "It left as it was told to")]
    [InlineData(67, false, false, "SysRq-S")]
    [InlineData(1026, false, true, "watchdog")]
    public void Why_it_left_is_said_in_words(int kind, bool isOrderly, bool isError, string words)
    {
        var exit = new SchedulerExit(kind, 0, string.Empty, string.Empty, string.Empty);
        exit.IsOrderly.Should().Be(isOrderly);
        exit.IsError.Should().Be(isError);
        exit.Words.Should().Contain(words);
    }

    [Theory]
    [InlineData(66, 1L << 48, true)]
    [InlineData(66, 0, false)]
    [InlineData(64, 0, false)]
    public void It_is_started_again_when_the_kernel_asks_for_that(int kind, long code, bool wanted)
    {
        var exit = new SchedulerExit(kind, code, string.Empty, string.Empty, string.Empty);
        exit.WantsRestart.Should().Be(wanted);
        exit.Words.Contains("a processor came or went", StringComparison.Ordinal).Should().Be(wanted);
    }

    private static BtfType Find(string name)
    {
        BuiltInObject.Scheduler.Btf!.TryFind(name, BtfKind.Struct, out BtfType type).Should().BeTrue();
        return type;
    }

    private static int SizeOf(string name) => (int)Find(name).Size;

    private static int Offset(string type, string member)
    {
        foreach (BtfMember each in Find(type).Members)
        {
            if (each.Name.ToString() == member)
                return (int)(each.BitOffset / 8);
        }

        throw new InvalidOperationException($"{type} has no {member}.");
    }
}
