using System.Collections.Concurrent;

namespace P3Ebpf.MutationScore;

internal enum Fate
{
    Killed,
    TimedOut,
    Survived,
    NotCovered,
}

/// <summary>What became of a mutant.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="Fate">Its fate.</param>
/// <param name="Tests">How many tests come to it.</param>
internal sealed record Verdict(Mutant Mutant, Fate Fate, int Tests);

/// <summary>Tries mutants by the tests that come to them, the fastest first, in processes that are replaced when a mutant hangs or ends them.</summary>
/// <param name="mutated">The assembly with the mutants.</param>
/// <param name="tests">The test assemblies.</param>
/// <param name="coverage">Which tests come to which mutant.</param>
internal sealed class Trial(string mutated, string[] tests, Coverage coverage)
{
    public IReadOnlyCollection<Verdict> Run(IReadOnlyCollection<Mutant> mutants, int workers)
    {
        var waiting = new ConcurrentQueue<Mutant>(mutants);
        var verdicts = new ConcurrentBag<Verdict>();
        Thread[] threads = [.. Enumerable.Range(0, workers).Select(_ => new Thread(() => Work(waiting, verdicts, mutants.Count)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        return verdicts;
    }

    private void Work(ConcurrentQueue<Mutant> waiting, ConcurrentBag<Verdict> verdicts, int count)
    {
        WorkerProcess? worker = null;
        while (waiting.TryDequeue(out Mutant? mutant))
        {
            TimedTest[] those = coverage.TestsOf(mutant.Id);
            Fate fate = Fate.NotCovered;
            if (those.Length > 0)
            {
                worker ??= new WorkerProcess(mutated, tests);
                worker.Ask(new Request(mutant.Id, those, coverage.IsOnce(mutant.Id)));
                AnswerKind? answer = worker.Hear()?.Kind;
                fate = answer switch
                {
                    AnswerKind.TimedOut => Fate.TimedOut,
                    AnswerKind.Survived => Fate.Survived,
                    _ => Fate.Killed,
                };
                if (answer is null or AnswerKind.TimedOut)
                {
                    worker.Dispose();
                    worker = null;
                }
            }

            verdicts.Add(new(mutant, fate, those.Length));
            if (verdicts.Count % 50 == 0)
                Console.Error.WriteLine($"{verdicts.Count} of {count}");
        }

        worker?.Dispose();
    }
}
