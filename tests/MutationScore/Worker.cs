using System.Diagnostics;
using System.Text.Json;

namespace P3Ebpf.MutationScore;

/// <summary>
/// The process in which tests run: it reads one request a line and answers in lines that begin with <see cref="Mark"/>. A test that takes far more processor time than
/// it should, or none for long, ends the process.
/// </summary>
internal static class Worker
{
    public const string Mark = "@@";

    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(60);
    private static Universe? _shared;
    private static double _cpuLimit = double.MaxValue;
    private static DateTime _wallLimit = DateTime.MaxValue;

    public static void Run(string mutated, string[] tests)
    {
        Universe.ShareTheRest(tests);
        new Thread(Watch) { IsBackground = true }.Start();
        while (Console.In.ReadLine() is { } line)
        {
            Request request = JsonSerializer.Deserialize<Request>(line)!;
            if (request.Tests is null)
                List(mutated, tests);
            else if (request.Mutant < 0)
                Cover(mutated, tests, request);
            else
                Try(mutated, tests, request);
            Limit(double.MaxValue);
        }
    }

    private static void List(string mutated, string[] tests)
    {
        using var universe = new Universe(mutated, tests);
        foreach (TestId test in universe.Tests())
            Answer(new Answer(AnswerKind.Test, test));
        Answer(new Answer(AnswerKind.Done));
    }

    /// <summary>
    /// Every test twice: what only the first of the two rounds came to belongs to what is made once, such as a static table, and is seen only in a universe of its own.
    /// A test that takes too long is run once.
    /// </summary>
    private static void Cover(string mutated, string[] tests, Request request)
    {
        using var universe = new Universe(mutated, tests);
        HashSet<TimedTest> tooLong = [];
        AnswerKind[] rounds = request.Thorough ? [AnswerKind.CoveredFirst, AnswerKind.Covered] : [AnswerKind.Covered];
        foreach (AnswerKind round in rounds)
        {
            foreach (TimedTest test in request.Tests!)
            {
                if (tooLong.Contains(test))
                    continue;
                var reached = new bool[-request.Mutant];
                universe.Reached = reached;
                double before = Cpu;
                string? failure = universe.Run(test.Test, -1);
                double seconds = Cpu - before;
                if (seconds > test.Seconds)
                    tooLong.Add(test);
                Answer(new Answer(round, test.Test, failure, seconds, [.. Enumerable.Range(0, reached.Length).Where(id => reached[id])]));
            }
        }
        Answer(new Answer(AnswerKind.Done));
    }

    private static void Try(string mutated, string[] tests, Request request)
    {
        if (request.Thorough)
            _shared = null;
        bool isFresh = _shared is null;
        _shared ??= new Universe(mutated, tests);
        Answer answer = Try(_shared, request);

        // A universe in which the test fails without the mutant too has been spoiled by an earlier one.
        if (answer.Kind == AnswerKind.Killed && !isFresh && _shared.Run(answer.Test!, 0) is not null)
        {
            _shared = new Universe(mutated, tests);
            answer = Try(_shared, request);
        }
        if (request.Thorough)
            _shared = null;
        Answer(answer);
    }

    private static Answer Try(Universe universe, Request request)
    {
        foreach (TimedTest test in request.Tests!)
        {
            Limit(test.Seconds * 10 + 3);
            if (universe.Run(test.Test, request.Mutant) is { } failure)
                return new Answer(AnswerKind.Killed, test.Test, failure);
        }
        return new Answer(AnswerKind.Survived);
    }

    private static double Cpu => Environment.CpuUsage.TotalTime.TotalSeconds;

    private static void Limit(double seconds)
    {
        _cpuLimit = Cpu + seconds;
        _wallLimit = DateTime.UtcNow + Standstill + TimeSpan.FromSeconds(Math.Min(seconds * 10, 3600));
    }

    private static void Watch()
    {
        while (true)
        {
            Thread.Sleep(200);
            if (Cpu > _cpuLimit || DateTime.UtcNow > _wallLimit)
            {
                Answer(new Answer(AnswerKind.TimedOut));
                Process.GetCurrentProcess().Kill();
            }
        }
    }

    private static void Answer(Answer answer)
    {
        lock (Mark)
        {
            Console.Out.WriteLine(Mark + JsonSerializer.Serialize(answer));
            Console.Out.Flush();
        }
    }
}
