using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>Shares of all processors, of tasks that may run on each of them and of tasks that are bound to one.</summary>
/// <remarks>A task gets what its tickets are of all tickets, but no more than one processor; and those bound to one, no more than that together.</remarks>
internal static class Processors
{
    private const int Unit = 1024;
    private const int Any = -1;

    /// <summary>What is due is of two processors.</summary>
    private static readonly (string Name, (int Tickets, int Processor, double Due)[] Tasks)[] Cases =
    [
        ("four alike", [(1, Any, 0.25), (1, Any, 0.25), (1, Any, 0.25), (1, Any, 0.25)]),
        ("three alike", [(1, Any, 1 / 3.0), (1, Any, 1 / 3.0), (1, Any, 1 / 3.0)]),
        ("3:2:2:1", [(3, Any, 0.375), (2, Any, 0.25), (2, Any, 0.25), (1, Any, 0.125)]),
        ("10:1:1:1, the first worth more than one processor", [(10, Any, 0.5), (1, Any, 1 / 6.0), (1, Any, 1 / 6.0), (1, Any, 1 / 6.0)]),
        ("2:1 bound to the first, 4:1 to the second", [(2, 0, 1 / 3.0), (1, 0, 1 / 6.0), (4, 1, 0.4), (1, 1, 0.1)]),
        ("two bound, two free", [(1, 1, 0.25), (1, 1, 0.25), (1, Any, 0.25), (1, Any, 0.25)]),
        ("one bound, four free", [(1, 1, 0.2), (1, Any, 0.2), (1, Any, 0.2), (1, Any, 0.2), (1, Any, 0.2)]),
        ("10 bound, 1:1:1 free", [(10, 1, 0.5), (1, Any, 1 / 6.0), (1, Any, 1 / 6.0), (1, Any, 1 / 6.0)]),
        ("three bound, one free", [(1, 1, 1 / 6.0), (1, 1, 1 / 6.0), (1, 1, 1 / 6.0), (1, Any, 0.5)]),
        ("2 bound to the first, 1:1 to the second, 2:1 free", [(2, 0, 2 / 7.0), (1, 1, 1 / 7.0), (1, 1, 1 / 7.0), (2, Any, 2 / 7.0), (1, Any, 1 / 7.0)]),
    ];

    public static JsonNode Shares(TimeSpan time)
    {
        if (Worker.AllProcessors != "0-1")
            throw new InvalidOperationException($"This takes two processors, and there are {Worker.AllProcessors}.");
        var answer = new JsonArray();
        using var scheduler = new Scheduler("scx_lottery");
        foreach ((string name, (int Tickets, int Processor, double Due)[] tasks) in Cases)
            answer.Add(Measure(scheduler, name, tasks, time));
        return answer;
    }

    private static JsonObject Measure(Scheduler scheduler, string name, (int Tickets, int Processor, double Due)[] tasks, TimeSpan time)
    {
        Worker[] workers = [.. tasks.Select(task => task.Processor == Any ? Worker.SpinAnywhere() : Worker.Spin(task.Processor))];
        try
        {
            Thread.Sleep(500);
            for (int i = 0; i < tasks.Length; i++)
                scheduler.SetTickets(workers[i].Id, tasks[i].Tickets * Unit);
            Thread.Sleep(1000);
            ulong[] before = [.. workers.Select(worker => worker.Time)];
            Thread.Sleep(time);
            double[] ran = [.. workers.Select((worker, i) => (double)(worker.Time - before[i]))];
            return new JsonObject
            {
                ["case"] = name,
                ["seconds"] = ran.Sum() / 1e9,
                ["tasks"] = new JsonArray([.. tasks.Select((task, i) => (JsonNode)new JsonObject
                {
                    ["tickets"] = task.Tickets,
                    ["processor"] = task.Processor == Any ? null : task.Processor,
                    ["due"] = task.Due,
                    ["share"] = ran[i] / ran.Sum(),
                })]),
            };
        }
        finally
        {
            foreach (Worker worker in workers)
                worker.Dispose();
        }
    }
}
