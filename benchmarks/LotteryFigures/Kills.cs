using System.Diagnostics;
using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>Ends the loader by SIGKILL at random moments, and looks at what is left.</summary>
internal static class Kills
{
    private const string State = "/sys/kernel/sched_ext/state";
    private const string MapName = "tasks";
    private const int Times = 50;

    /// <summary>Set P3EBPF to the tool's path, p3ebpf or p3ebpf.dll.</summary>
    public static JsonNode Fifty(TimeSpan _)
    {
        string tool = Environment.GetEnvironmentVariable("P3EBPF") ?? throw new InvalidOperationException("P3EBPF must name p3ebpf or p3ebpf.dll.");
        var random = new Random(1994);
        int started = 0, enabledWhenKilled = 0, left = 0, stillEnabled = 0;
        double slowest = 0;
        using Worker load = Worker.SpinMany(4);
        load.Begin();
        double usual = TimeToForce(tool);
        for (int i = 0; i < Times; i++)
        {
            using Process loader = Start(tool);
            started++;
            Thread.Sleep(TimeSpan.FromSeconds(random.NextDouble() * usual * 1.5));
            enabledWhenKilled += File.ReadAllText(State).Trim() == "enabled" ? 1 : 0;
            var watch = Stopwatch.StartNew();
            loader.Kill();
            loader.WaitForExit();
            while (File.ReadAllText(State).Trim() != "disabled" && watch.Elapsed < TimeSpan.FromSeconds(20))
                Thread.Sleep(5);
            slowest = Math.Max(slowest, watch.Elapsed.TotalSeconds);
            stillEnabled += File.ReadAllText(State).Trim() != "disabled" ? 1 : 0;

            // Maps are freed after a grace period.
            SpinWait.SpinUntil(() => !BpfMap.List().Any(map => map.Name == MapName), TimeSpan.FromSeconds(10));
            left += BpfMap.List().Count(map => map.Name == MapName);
            if (started % 10 == 0)
                Console.Error.WriteLine($"  {started} kills, {enabledWhenKilled} of them in force, not returned {stillEnabled}, maps left {left}");
        }

        return new JsonObject
        {
            ["kills"] = started,
            ["seconds_to_force"] = usual,
            ["in_force_when_killed"] = enabledWhenKilled,
            ["slowest_return_seconds"] = slowest,
            ["not_returned"] = stillEnabled,
            ["maps_left"] = left,
            ["pins_left"] = Directory.EnumerateFileSystemEntries("/sys/fs/bpf").Count(),
            ["kernel_complaints"] = KernelLog.Complaints(),
        };
    }

    private static double TimeToForce(string tool)
    {
        var watch = Stopwatch.StartNew();
        using Process loader = Start(tool);
        while (File.ReadAllText(State).Trim() != "enabled")
            Thread.Sleep(20);
        double seconds = watch.Elapsed.TotalSeconds;
        loader.Kill();
        loader.WaitForExit();
        return seconds;
    }

    /// <summary>With a nice value that brings it to its moments soon, beside the load.</summary>
    private static Process Start(string tool) => Process.Start(
        new ProcessStartInfo("chrt", ["-o", "0", "nice", "-n", "-20", "taskset", "-c", Worker.AllProcessors, .. tool.EndsWith(".dll", StringComparison.Ordinal) ? (string[])["dotnet", tool] : [tool], "schedule"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
