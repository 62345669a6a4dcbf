using System.Diagnostics;
using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>Ten thousand processes that compute without end, under the lottery and under the kernel's own scheduler.</summary>
internal static class Crowd
{
    private const int Count = 10_000;

    /// <summary>Until they are measured, so that all have begun.</summary>
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(20);

    public static JsonNode Shares(TimeSpan time) => new JsonArray(Under(null, time), Under("scx_lottery", time));

    private static JsonObject Under(string? name, TimeSpan time)
    {
        // They begin when the scheduler is in force, so that the longest wait is one under it.
        using Worker workers = Worker.SpinMany(Count);
        IReadOnlyList<int> tasks = workers.Children;
        using Scheduler? scheduler = name is null ? null : new Scheduler(name);
        workers.Begin();
        Thread.Sleep(Start);
        ulong[] before = TimesOf(tasks, scheduler);
        Thread.Sleep(time);
        ulong[] after = TimesOf(tasks, scheduler);
        double[] ran = [.. tasks.Select((_, i) => (after[i] - before[i]) / 1e6)];
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
        };
        if (scheduler is not null)
        {
            IReadOnlyDictionary<uint, TaskRecord> records = scheduler.ReadAll();
            answer["longest_wait_seconds"] = tasks.Max(task => records[(uint)task].LongestWaitNanoseconds) / 1e9;
            answer["drawn"] = tasks.Sum(task => (long)records[(uint)task].Won);
            answer["not_drawn"] = tasks.Sum(task => (long)records[(uint)task].Unopposed);
            answer["exit_kind"] = scheduler.ExitKind;
            answer["exit_message"] = scheduler.ExitMessage;
        }

        answer["kernel_complaints"] = KernelLog.Complaints();
        return answer;
    }

    /// <summary>By the scheduler's account where there is one: to ask the kernel for each of so many takes a real-time task seconds, in which others wait.</summary>
    private static ulong[] TimesOf(IReadOnlyList<int> tasks, Scheduler? scheduler)
    {
        if (scheduler is null)
            return [.. tasks.Select(Worker.TimeOf)];
        IReadOnlyDictionary<uint, TaskRecord> records = scheduler.ReadAll();
        return [.. tasks.Select(task => records[(uint)task].RunTimeNanoseconds)];
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
