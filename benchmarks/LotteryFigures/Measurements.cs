using System.Diagnostics;
using System.Text.Json.Nodes;

namespace LotteryFigures;

/// <summary>What is measured, part by part. Each says what it observed and what a lottery must do.</summary>
internal static class Measurements
{
    private const int Unit = 1024; // the tickets of nice 0

    /// <summary>Where what is measured runs: away from the measuring program, if there is more than one processor.</summary>
    private static readonly int Place = Directory.Exists("/sys/devices/system/cpu/cpu1") ? 1 : 0;

    public static IReadOnlyDictionary<string, Func<TimeSpan, JsonNode>> All { get; } = new Dictionary<string, Func<TimeSpan, JsonNode>>
    {
        ["ratios"] = Ratios,
        ["slopes"] = Slopes,
        ["currencies"] = Currencies,
        ["compensation"] = Compensation,
        ["winners"] = Winners,
        ["processors"] = Processors.Shares,
        ["cost"] = Costs.OfSchedulers,
        ["pipe"] = Costs.OfPipes,
        ["scale"] = Costs.ByTasks,
        ["crowd"] = Crowd.Shares,
        ["kills"] = Kills.Fifty,
    };

    /// <summary>Two tasks at ratios from 1:1 to 10:1.</summary>
    private static JsonArray Ratios(TimeSpan time)
    {
        var answer = new JsonArray();
        using var scheduler = new Scheduler("scx_lottery");
        for (int ratio = 1; ratio <= 10; ratio++)
        {
            using var pair = new Pair(scheduler, ratio);
            Thread.Sleep(1000);
            pair.Start();
            Thread.Sleep(time);
            answer.Add(pair.End());
        }

        return answer;
    }

    /// <summary>Three tasks with 3:2:1 tickets, and half-way 1:2:3.</summary>
    private static JsonObject Slopes(TimeSpan time)
    {
        using var scheduler = new Scheduler("scx_lottery");
        using var workers = new Workers(scheduler, (3, null), (2, null), (1, null));
        return workers.Follow(time, half: () =>
        {
            scheduler.SetTickets(workers[0].Id, Unit);
            scheduler.SetTickets(workers[2].Id, 3 * Unit);
        });
    }

    /// <summary>Two groups of equal worth; half-way a third task joins the second and brings as many tickets as that has.</summary>
    private static JsonObject Currencies(TimeSpan time)
    {
        const string Root = "/sys/fs/cgroup";
        File.WriteAllText($"{Root}/cgroup.subtree_control", "+cpu");
        string gold = Directory.CreateDirectory($"{Root}/gold").FullName;
        string silver = Directory.CreateDirectory($"{Root}/silver").FullName;
        Worker? late = null;
        try
        {
            using var scheduler = new Scheduler("scx_lottery");
            using var workers = new Workers(scheduler, (1, gold), (2, gold), (1, silver), (2, silver));
            return workers.Follow(time, half: () =>
            {
                late = Worker.Spin(Place, silver);
                scheduler.SetTickets(late.Id, 3 * Unit);
                workers.Add(late);
            });
        }
        finally
        {
            Thread.Sleep(500);
            Directory.Delete(gold);
            Directory.Delete(silver);
        }
    }

    /// <summary>
    /// A task that uses a fifth of a slice and sleeps for a moment, beside one that uses all, with equal tickets: with the paper's slice of 100 ms,
    /// beside which that moment is short even where it lasts a millisecond.
    /// </summary>
    private static JsonArray Compensation(TimeSpan time)
    {
        var answer = new JsonArray();
        foreach (bool compensate in (bool[])[true, false])
        {
            using var scheduler = new Scheduler("scx_lottery", ("compensate", compensate ? 1UL : 0), ("slice_ns", 100_000_000UL));
            using Worker interrupted = Worker.Interrupted(Place, 20_000);
            using Worker whole = Worker.Spin(Place);
            Thread.Sleep(1000);
            ulong interruptedBefore = interrupted.Time, wholeBefore = whole.Time;
            Thread.Sleep(time);
            double interruptedTime = interrupted.Time - interruptedBefore, wholeTime = whole.Time - wholeBefore;
            answer.Add(new JsonObject
            {
                ["compensate"] = compensate,
                ["interrupted_share"] = interruptedTime / (interruptedTime + wholeTime),
                ["interrupted_seconds"] = interruptedTime / 1e9,
                ["whole_seconds"] = wholeTime / 1e9,
            });
        }

        return answer;
    }

    /// <summary>Who won each draw among three tasks with 3:2:1 tickets: does it fit the tickets, and does it depend on who won before?</summary>
    private static JsonObject Winners(TimeSpan time)
    {
        using var scheduler = new Scheduler("scx_lottery", ("trace", 1UL), ("compensate", 0UL)); // so that all draws are with the same stakes
        using var workers = new Workers(scheduler, (3, null), (2, null), (1, null));
        using BpfRingBuffer draws = scheduler.OpenDraws();
        List<(int Winner, ulong Stakes)> sequence = [];
        long skipped = 0;
        var watch = Stopwatch.StartNew();
        Thread.Sleep(1000);
        while (watch.Elapsed < time)
        {
            Thread.Sleep(200);
            _ = draws.Consume(bytes =>
            {
                DrawEvent draw = System.Runtime.InteropServices.MemoryMarshal.Read<DrawEvent>(bytes);
                int winner = workers.IndexOf((int)draw.Task);
                if (winner >= 0)
                    sequence.Add((winner, draw.Stakes));
                else
                    skipped += draw.Processor == Place ? 1 : 0;
            });
        }

        // A kernel thread that takes part makes a draw another game.
        ulong stakes = 6UL * Unit << 20;
        int[] winners = [.. sequence.Where(draw => draw.Stakes == stakes).Select(draw => draw.Winner)];
        double[] chances = [3 / 6.0, 2 / 6.0, 1 / 6.0];
        return Fairness.Of(winners, chances, skippedOthers: skipped, skippedStakes: sequence.Count - winners.Length);
    }

    /// <summary>Two tasks that compute on one processor.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly Scheduler _scheduler;
        private readonly int _ratio;
        private readonly Worker _rich;
        private readonly Worker _poor;
        private (ulong Time, TaskRecord Record) _richBefore;
        private (ulong Time, TaskRecord Record) _poorBefore;

        public Pair(Scheduler scheduler, int ratio)
        {
            _scheduler = scheduler;
            _ratio = ratio;
            _rich = Worker.Spin(Place);
            _poor = Worker.Spin(Place);
            Thread.Sleep(200);
            scheduler.SetTickets(_rich.Id, ratio * Unit);
            scheduler.SetTickets(_poor.Id, Unit);
        }

        public void Start()
        {
            _richBefore = (_rich.Time, _scheduler[_rich.Id]);
            _poorBefore = (_poor.Time, _scheduler[_poor.Id]);
        }

        /// <summary>The observed ratio of processor time, and of draws won, beside the deviation that as many draws must have.</summary>
        public JsonObject End()
        {
            double rich = _rich.Time - _richBefore.Time, poor = _poor.Time - _poorBefore.Time;
            TaskRecord richAfter = _scheduler[_rich.Id], poorAfter = _scheduler[_poor.Id];
            double richWon = richAfter.Won - _richBefore.Record.Won, poorWon = poorAfter.Won - _poorBefore.Record.Won;
            double richExpected = (richAfter.Expected - _richBefore.Record.Expected) / (double)(1UL << 32), entered = richAfter.Entered - _richBefore.Record.Entered;
            double draws = richWon + poorWon, chance = _ratio / (_ratio + 1.0);
            double deviation = Math.Sqrt(chance * (1 - chance) / draws);
            return new JsonObject
            {
                ["allocated"] = _ratio,
                ["observed"] = rich / poor,
                ["observed_wins"] = richWon / poorWon,
                ["share"] = rich / (rich + poor),
                ["expected_share"] = chance,
                ["draws"] = draws,
                ["share_deviation"] = deviation,
                ["ratio_deviation"] = deviation / ((1 - chance) * (1 - chance)),
                ["entered"] = entered,
                ["won"] = richWon,
                ["expected_to_win"] = richExpected,
                ["win_deviation"] = Math.Sqrt(richExpected * (1 - (richExpected / entered))),
                ["seconds"] = (rich + poor) / 1e9,
            };
        }

        public void Dispose()
        {
            _rich.Dispose();
            _poor.Dispose();
        }
    }

    /// <summary>Tasks that compute on the second processor, followed second by second.</summary>
    private sealed class Workers : IDisposable
    {
        private readonly List<Worker> _workers = [];

        public Workers(Scheduler scheduler, params ReadOnlySpan<(int Tickets, string? Group)> tickets)
        {
            foreach ((_, string? group) in tickets)
                _workers.Add(Worker.Spin(Place, group));
            Thread.Sleep(300);
            for (int i = 0; i < tickets.Length; i++)
                scheduler.SetTickets(_workers[i].Id, tickets[i].Tickets * Unit);
        }

        public Worker this[int index] => _workers[index];

        public int IndexOf(int task) => _workers.FindIndex(worker => worker.Id == task);

        public void Add(Worker worker) => _workers.Add(worker);

        /// <summary>The seconds that each has run, about once a second; and the shares of both halves.</summary>
        public JsonObject Follow(TimeSpan time, Action half)
        {
            var samples = new JsonArray();
            var shares = new JsonArray();
            ulong[] start = [.. _workers.Select(worker => worker.Time)];
            ulong[] before = start;
            int seconds = (int)time.TotalSeconds;
            for (int second = 0; second <= seconds; second++)
            {
                ulong[] now = [.. _workers.Select(worker => worker.Time)];
                samples.Add(new JsonArray([.. now.Select((each, i) => (JsonNode)((each - start.ElementAtOrDefault(i)) / 1e9))]));
                if (second == seconds / 2 || second == seconds)
                {
                    double[] ran = [.. now.Select((each, i) => (double)(each - before[i]))];
                    shares.Add(new JsonArray([.. ran.Select(each => (JsonNode)(each / ran.Sum()))]));
                }

                if (second == seconds / 2)
                {
                    // One that joins has run before it was in its group.
                    half();
                    before = [.. _workers.Select(worker => worker.Time)];
                }

                if (second < seconds)
                    Thread.Sleep(1000);
            }

            return new JsonObject { ["shares_of_halves"] = shares, ["seconds_run"] = samples };
        }

        public void Dispose() => _workers.ForEach(worker => worker.Dispose());
    }
}
