// Draws how long tasks wait for a processor, live: a histogram that each CPU counts for itself, added up and plotted twice a second.
//
//   sudo dotnet run             until Ctrl-C, a day at most
//   sudo dotnet run -- 3        for three seconds
using Histogram;
using Spectre.Console;

int seconds = args.Length > 0 ? int.Parse(args[0]) : 86400;

using Latency latency = Latency.LoadAndAttach();
DateTime end = DateTime.UtcNow.AddSeconds(seconds);
if (Console.IsOutputRedirected)
{
    await Task.Delay(end - DateTime.UtcNow);
    AnsiConsole.Write(Plot());
    return;
}

await AnsiConsole.Live(Plot()).StartAsync(async live =>
{
    while (DateTime.UtcNow < end)
    {
        await Task.Delay(500);
        live.UpdateTarget(Plot());
    }
});

BarChart Plot()
{
    #region sum
    long[] counts = [.. latency.Waits.Select(slot => slot.Value.Sum(cpu => (long)cpu))];
    #endregion
    var chart = new BarChart { Label = $"[bold]{counts.Sum()} waits for a processor[/]", ShowValues = true, Width = 76 };
    int last = Array.FindLastIndex(counts, count => count != 0);
    for (int slot = 0; slot <= last; slot++)
        chart.AddItem($"{Time(1L << slot),8} or more", counts[slot], slot < 7 ? Color.Green : slot < 13 ? Color.Yellow : Color.Red);
    return chart;
}

static string Time(long microseconds) => microseconds < 1024 ? $"{(microseconds == 1 ? 0 : microseconds)} µs" : $"{microseconds >> 10} ms";
