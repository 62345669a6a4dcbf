using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace P3Ebpf.Cli.Tests.Load;

/// <summary>Load, watch, give tickets, unload: on the running kernel.</summary>
[KernelTests]
public sealed class MainJobTests
{
    private const int SignalInterrupt = 2;

    [Fact]
    public void What_is_pinned_goes_on_counting_until_it_is_unloaded()
    {
        Requires.Kernel("5.15", "pinned links of tracepoints");
        using var bpffs = new PrivateBpfFs();
        string[] pins = ["--prog-pin", bpffs["lottery/prog"], "--map-pin", bpffs["lottery/tasks"], "--link-pin", bpffs["lottery/link"]];

        JsonElement loaded = Cli.RunForJson(0, ["load", .. pins]);
        JsonElement program = loaded.GetProperty("programs").EnumerateArray().Single();
        program.GetProperty("name").GetString().Should().Be("handle_sched_switch");
        program.GetProperty("attached").GetBoolean().Should().BeTrue();
        JsonElement link = loaded.GetProperty("links").EnumerateArray().Single();
        link.GetProperty("type").GetString().Should().Be("perf_event");
        link.GetProperty("pin").GetString().Should().Be(bpffs["lottery/link"]);
        loaded.GetProperty("pins").EnumerateArray().Select(pin => pin.GetString()).Should().Equal(pins[1], pins[3], pins[5]);
        loaded.TryGetProperty("tasks", out _).Should().BeFalse("it did not stay");
        using (BpfProgram pinned = BpfProgram.FromPin(bpffs["lottery/prog"]))
            pinned.GetInfo().Id.Should().Be(program.GetProperty("id").GetUInt32());

        using var worker = new Worker();
        worker.Work(3);
        ulong before = Watch(bpffs["lottery/tasks"], worker.Id).Switches;
        worker.Work(5);
        Watch(bpffs["lottery/tasks"], worker.Id).Switches.Should().BeGreaterThanOrEqualTo(before + 5);

        JsonElement given = Cli.RunForJson(0, "tickets", worker.Id.ToString(CultureInfo.InvariantCulture), "4096", "--map-pin", bpffs["lottery/tasks"]);
        given.GetProperty("tickets").GetUInt32().Should().Be(4096);
        worker.Work(2);
        Watch(bpffs["lottery/tasks"], worker.Id).Tickets.Should().Be(4096, "what the user gave stays when the task is switched");
        CliResult handedBack = Cli.Run("tickets", worker.Id.ToString(CultureInfo.InvariantCulture), "0", "--map-pin", bpffs["lottery/tasks"]);
        handedBack.ExitCode.Should().Be(0, handedBack.ToString());
        worker.SetNiceValue(19);
        worker.Work(2);
        Watch(bpffs["lottery/tasks"], worker.Id).Tickets.Should().Be(15, "that is the kernel's weight for nice 19");

        CliResult unloaded = Cli.Run(["unload", .. pins]);
        unloaded.ExitCode.Should().Be(0, unloaded.ToString());
        unloaded.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal(
            $"removed {pins[5]}", $"removed {pins[1]}", $"removed {pins[3]}", $"removed {bpffs["lottery"]}");
        bpffs.Entries.Should().BeEmpty();
        IsGone(() => BpfLink.FromId(link.GetProperty("id").GetUInt32())).Should().BeTrue();
        IsGone(() => BpfProgram.FromId(program.GetProperty("id").GetUInt32())).Should().BeTrue();
    }

    [Fact]
    public void Switches_and_run_time_are_those_of_the_kernels_own_accounts()
    {
        Requires.Kernel("5.15", "pinned links of tracepoints");
        using var bpffs = new PrivateBpfFs();
        string map = bpffs["tasks"];
        Cli.Run("load", "--map-pin", map, "--link-pin", bpffs["link"]).ExitCode.Should().Be(0);
        using var worker = new Worker();
        worker.Work(3);
        (ulong switchesBefore, ulong timeBefore) = worker.KernelCounts();
        WatchedTask watchedBefore = Watch(map, worker.Id);
        worker.KernelCounts().Should().Be((switchesBefore, timeBefore), "it sleeps");

        worker.Work(40);

        (ulong switchesAfter, ulong timeAfter) = worker.KernelCounts();
        WatchedTask watchedAfter = Watch(map, worker.Id);
        ulong switches = switchesAfter - switchesBefore;
        switches.Should().BeGreaterThanOrEqualTo(40);
        (watchedAfter.RunTime - watchedBefore.RunTime).Should().Be(timeAfter - timeBefore, "it is the kernel's own total");

        // A switch goes unseen when it happens to a processor in the middle of another's access to a map.
        (watchedAfter.Switches - watchedBefore.Switches).Should().BeInRange(switches - 2, switches);
    }

    [Fact]
    public void Everything_can_be_pinned_in_one_directory_and_removed_with_it()
    {
        Requires.Kernel("5.15", "pinned links of tracepoints");
        using var bpffs = new PrivateBpfFs();
        CliResult loaded = Cli.Run("load", "--pin-dir", bpffs["all"]);
        loaded.ExitCode.Should().Be(0, loaded.ToString());
        bpffs.Entries.Select(Path.GetFileName).Should().BeEquivalentTo("all", "handle_sched_switch", "handle_sched_switch_link", "_rodata", "task_map");

        JsonElement removed = Cli.RunForJson(0, "unload", "--pin-dir", bpffs["all"]).GetProperty("removed");
        removed.EnumerateArray().Select(path => Path.GetFileName(path.GetString())).Should().Equal(
            "handle_sched_switch_link", "handle_sched_switch", "_rodata", "task_map", "all");
        bpffs.Entries.Should().BeEmpty();
    }

    [Fact]
    public void A_missing_pin_is_an_error_and_the_others_are_removed()
    {
        using var bpffs = new PrivateBpfFs();
        Cli.Run("load", "--no-attach", "--prog-pin", bpffs["prog"], "--map-pin", bpffs["map"]).ExitCode.Should().Be(0);
        CliResult result = Cli.Run("unload", "--prog-pin", bpffs["other"], "--map-pin", bpffs["map"]);
        result.ExitCode.Should().Be(1);
        result.Output.Should().Be($"removed {bpffs["map"]}\n");
        result.Error.Should().Contain(bpffs["other"]);
        bpffs.Entries.Should().Equal(bpffs["prog"]);
    }

    [Fact]
    public void Without_a_pinned_link_it_stays_for_the_duration_and_ends_with_a_table()
    {
        Requires.Bpf();
        CliResult text = Cli.Run("load", "--duration", "0.5");
        text.ExitCode.Should().Be(0, text.ToString());
        string[] lines = text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].Should().MatchRegex(@"^ *PID  NAME +STATE  TICKETS +SHARE +CPU  SWITCHES +RUN TIME$");
        lines.Length.Should().BeGreaterThan(1);
        lines[1..].Should().OnlyContain(line => line.Contains('%'));
        text.Output.Should().NotContain("\e");
        text.Error.Should().MatchRegex(@"^loaded sched_lottery: program handle_sched_switch \(id \d+, attached to tracepoint sched/sched_switch\); maps .*CO-RE: \d+ applied");

        JsonElement json = Cli.RunForJson(0, "load", "--duration", "0.5");
        JsonElement[] tasks = [.. json.GetProperty("tasks").EnumerateArray()];
        tasks.Sum(task => task.GetProperty("ticket_share").GetDouble()).Should().BeApproximately(1, 0.01);
        tasks.Select(task => task.GetProperty("cpu_share").GetDouble()).Should().BeInDescendingOrder();
        IsGone(() => BpfProgram.FromId(json.GetProperty("programs").EnumerateArray().Single().GetProperty("id").GetUInt32())).Should().BeTrue("nothing is attached any more");
    }

    [Fact]
    public void An_interrupt_detaches_and_still_gives_the_result()
    {
        Requires.Bpf();
        // A shell makes what it runs in the background, perhaps these tests, ignore interrupts.
        Requires.Program("env");
        using Process process = Cli.Start(["env", "--default-signal=INT", .. Cli.Words("load", "--json")]);
        process.StandardError.ReadLine().Should().StartWith("loaded sched_lottery");
        process.StandardError.ReadLine().Should().Contain("Ctrl-C");
        Send(process.Id, SignalInterrupt);
        CliResult result = Cli.Finish(process);
        result.ExitCode.Should().Be(ExitCode.Interrupted, result.ToString());
        JsonElement document = JsonDocument.Parse(result.Output).RootElement;
        document.GetProperty("tasks").GetArrayLength().Should().BePositive();
        IsGone(() => BpfProgram.FromId(document.GetProperty("programs").EnumerateArray().Single().GetProperty("id").GetUInt32())).Should().BeTrue();
    }

    [Fact]
    public void One_program_of_an_object_can_be_loaded_and_attached_elsewhere()
    {
        Requires.Bpf();
        CliResult result = Cli.Run("load", "testdata/bpf/missing_field.bpf.o", "--prog", "guarded", "--tracepoint", "sched/sched_wakeup", "--duration", "0.1");
        result.ExitCode.Should().Be(0, result.ToString());
        result.Error.Should().Contain("guarded (id ").And.Contain("attached to tracepoint sched/sched_wakeup").And.Contain("in dead code");
        result.Output.Should().BeEmpty("it has no maps");
    }

    [Fact]
    public void A_terminal_gets_a_live_table_with_colours_unless_they_are_refused()
    {
        Requires.Bpf();
        Requires.Program("script");
        string command = string.Join(' ', Cli.Words("load", "--duration", "1.5").Select(word => $"'{word}'"));
        string[] onTerminal = ["script", "-qfec", $"stty rows 20 cols 120; {command}", "/dev/null"];
        CliResult colourful = Cli.Execute(onTerminal, new Dictionary<string, string?> { ["TERM"] = "xterm-256color", ["NO_COLOR"] = null });
        colourful.ExitCode.Should().Be(0, colourful.ToString());
        colourful.Output.Should().Contain("\e[?1049h").And.Contain("\e[?1049l").And.Contain(" tasks, 00:00:0").And.MatchRegex("\e\\[[0-9;]*m█");

        CliResult plain = Cli.Execute(onTerminal, new Dictionary<string, string?> { ["TERM"] = "xterm-256color", ["NO_COLOR"] = "1" });
        plain.Output.Should().Contain(" tasks, 00:00:0").And.NotMatchRegex("\e\\[[0-9;]*3[0-9]");
    }

    [Fact]
    public void A_bpffs_is_mounted_where_none_is_and_that_is_said()
    {
        Requires.Kernel("5.15", "pinned links of tracepoints");
        Requires.Root();
        Requires.Program("unshare");
        const string Directory = "/sys/fs/bpf/p3ebpf-cli-test";
        string tool = string.Join(' ', Cli.Words().Select(word => $"'{word}'"));
        string script = $"while umount /sys/fs/bpf 2>/dev/null; do :; done; {tool} load --pin-dir {Directory} && ls {Directory} && {tool} unload --pin-dir {Directory}; "
            + $"umount /sys/fs/bpf; {tool} load testdata/bpf/rejected.bpf.o --pin-dir {Directory}; grep -c ' /sys/fs/bpf ' /proc/self/mounts";
        CliResult result = Cli.Execute(["unshare", "--mount", "--propagation", "private", "sh", "-c", script]);
        Assert.SkipWhen(result.Error.StartsWith("unshare:", StringComparison.Ordinal), result.Error);
        result.Error.Should().Contain("mounted a bpffs on /sys/fs/bpf").And.Contain($"pinned {Directory}/task_map");
        result.Output.Should().Contain("handle_sched_switch_link\n").And.Contain($"removed {Directory}\n");
        result.Output.Should().EndWith("\n0\n", "what was mounted for a load that failed is unmounted again");
    }

    private static WatchedTask Watch(string map, int task)
    {
        JsonElement found = Cli.RunForJson(0, "watch", "--map-pin", map).GetProperty("tasks").EnumerateArray()
            .Single(each => each.GetProperty("pid").GetInt32() == task);
        return new WatchedTask(found.GetProperty("tickets").GetUInt32(), found.GetProperty("switches").GetUInt64(), found.GetProperty("run_time_ns").GetUInt64());
    }

    /// <summary>The kernel releases objects a little after the last reference is gone.</summary>
    private static bool IsGone(Func<BpfResource> open) => SpinWait.SpinUntil(
        () =>
        {
            try
            {
                open().Dispose();
                return false;
            }
            catch (BpfException e)
            {
                return e.ErrnoName == "ENOENT";
            }
        },
        TimeSpan.FromMinutes(1));

    private static void Send(int process, int signal) =>
        Cli.Execute(["sh", "-c", $"kill -{signal} {process}"]).ExitCode.Should().Be(0);

    private sealed record WatchedTask(uint Tickets, ulong Switches, ulong RunTime);
}
