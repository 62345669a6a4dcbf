using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>What scheduling takes. On emulated processors only ratios within one run say something.</summary>
internal static class Costs
{
    private const string List = "scx_lottery_list";
    private const string Lottery = "scx_lottery";

    private static readonly string[] Names = ["scx_fifo", List, Lottery];
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(8);

    /// <summary>Eight tasks that compute on two processors.</summary>
    public static JsonNode OfSchedulers(TimeSpan _)
    {
        var answer = new JsonArray();
        for (int round = 1; round <= 2; round++)
        {
            foreach (string name in Names)
            {
                JsonObject cost = Of(name, 8, Time);
                cost["round"] = round;
                answer.Add(cost);
            }
        }

        return answer;
    }

    /// <summary>Two processes on a pipe, under each scheduler in turn, three times.</summary>
    public static JsonNode OfPipes(TimeSpan _)
    {
        var answer = new JsonArray();
        for (int round = 1; round <= 3; round++)
        {
            var speeds = new JsonObject { ["default"] = Worker.SwitchesPerSecond(Time / 2) };
            foreach (string name in Names)
            {
                using var scheduler = new Scheduler(name);
                speeds[name] = Worker.SwitchesPerSecond(Time / 2);
                if (scheduler.ExitKind != 0)
                    speeds[$"{name}_exit"] = scheduler.ExitMessage;
            }

            answer.Add(speeds);
        }

        return answer;
    }

    /// <summary>10 to 10,000 tasks that compute, under each scheduler in turn.</summary>
    public static JsonNode ByTasks(TimeSpan _)
    {
        var answer = new JsonArray();
        foreach (int count in (int[])[10, 100, 1000, 3000, 10_000])
        {
            // Where a decision of the list takes longer than a slice, nothing else comes to run.
            foreach (string name in Names.Where(name => count <= 1000 || name != List))
                answer.Add(Of(name, count, Time));
        }

        return answer;
    }

    private static JsonObject Of(string name, int count, TimeSpan time)
    {
        // The tasks begin when the scheduler is in force: so many keep a slow machine from loading it.
        using Worker workers = Worker.SpinMany(count);
        using var scheduler = new Scheduler(name);
        workers.Begin();
        using var statistics = P3Ebpf.Loader.Programs.BpfProgram.EnableStatistics();
        Thread.Sleep(TimeSpan.FromSeconds(4));
        bool isLottery = name == Lottery;
        ulong rescued = isLottery ? scheduler.Rescued : 0;
        Dictionary<string, (double Nanoseconds, ulong Runs)> before = scheduler.Costs();
        Thread.Sleep(time);
        Dictionary<string, (double Nanoseconds, ulong Runs)> after = scheduler.Costs();
        var callbacks = new JsonObject();
        double sum = 0;
        foreach ((string callback, (double nanoseconds, ulong runs)) in after)
        {
            double spent = nanoseconds - before[callback].Nanoseconds;
            ulong ran = runs - before[callback].Runs;
            sum += spent;
            if (ran > 0)
                callbacks[callback] = new JsonObject { ["runs"] = ran, ["nanoseconds"] = spent / ran };
        }

        ulong decisions = after["dispatch"].Runs - before["dispatch"].Runs;
        var answer = new JsonObject
        {
            ["scheduler"] = name,
            ["tasks"] = count,
            ["decisions"] = decisions,
            ["nanoseconds_per_decision"] = decisions == 0 ? null : sum / decisions,
            ["callbacks"] = callbacks,
            ["rescued"] = isLottery ? scheduler.Rescued - rescued : 0,
            ["exit_kind"] = scheduler.ExitKind,
            ["exit_message"] = scheduler.ExitMessage,
        };
        Console.Error.WriteLine($"  {name} {count}: {(decisions == 0 ? 0 : sum / decisions):F0} ns x {decisions} {scheduler.ExitMessage}");
        return answer;
    }
}
