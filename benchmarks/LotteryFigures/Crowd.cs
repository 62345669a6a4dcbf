using System.Diagnostics;
using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>Ten thousand processes that compute without end, under the lottery and under the kernel's own scheduler.</summary>
internal static class Crowd
{
    private const int Count = 10_000;

    /// <summary>Until they are measured, so that all have begun.</summary>
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(20);

    public static JsonNode Shares(TimeSpan time)
    {
        using Worker workers = Worker.SpinMany(Count);
        IReadOnlyList<int> tasks = workers.Children;
        workers.Begin();
        return new JsonArray(Under(null, tasks, time), Under("scx_lottery", tasks, time));
    }

    private static JsonObject Under(string? name, IReadOnlyList<int> tasks, TimeSpan time)
    {
        using Scheduler? scheduler = name is null ? null : new Scheduler(name);
        Thread.Sleep(Start);
        ulong[] before = [.. tasks.Select(Worker.TimeOf)];
        Thread.Sleep(time);
        double[] ran = [.. tasks.Select((task, i) => (Worker.TimeOf(task) - before[i]) / 1e6)];
        double mean = ran.Average();
        var answer = new JsonObject
        {
            ["scheduler"] = name ?? "default",
            ["tasks"] = tasks.Count,
            ["ran_ms"] = mean,
            ["deviation_ms"] = Math.Sqrt(ran.Average(each => (each - mean) * (each - mean))),
            ["least_ms"] = ran.Min(),
            ["most_ms"] = ran.Max(),
            ["did_not_run"] = ran.Count(each => each == 0),
            ["kernel_complaints"] = KernelLog.Complaints(),
        };
        if (scheduler is not null)
        {
            answer["longest_wait_seconds"] = tasks.Max(task => scheduler[task].LongestWaitNanoseconds) / 1e9;
            answer["exit_kind"] = scheduler.ExitKind;
            answer["exit_message"] = scheduler.ExitMessage;
        }

        return answer;
    }
}

/// <summary>What the kernel has to say.</summary>
internal static class KernelLog
{
    private static readonly string[] Words = ["WARNING", "BUG:", "Oops:", "stall", "hung task", "lockup", "runtime error"];

    public static JsonArray Complaints()
    {
        using Process log = Process.Start(new ProcessStartInfo("dmesg") { RedirectStandardOutput = true })!;
        return [.. log.StandardOutput.ReadToEnd().Split('\n').Where(line => Words.Any(word => line.Contains(word, StringComparison.OrdinalIgnoreCase))).Select(line => (JsonNode)line)];
    }
}
