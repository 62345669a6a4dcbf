namespace P3Ebpf.MutationScore;

/// <summary>Which tests come to which mutant or probe: found by running all of them without a mutant.</summary>
/// <param name="rewritten">The assembly with the mutants or probes.</param>
/// <param name="tests">The test assemblies.</param>
/// <param name="without">The names of classes that are left out.</param>
/// <param name="longest">Tests that take more seconds of processor time try no mutants.</param>
internal sealed class Coverage(string rewritten, string[] tests, string[] without, double longest)
{
    private readonly Dictionary<int, List<TimedTest>> _testsOf = [];
    private readonly HashSet<int> _once = [];
    private readonly HashSet<int> _again = [];

    /// <summary>What any test came to.</summary>
    public HashSet<int> Reached { get; } = [];

    public int TestCount { get; private set; }

    /// <summary>The tests that come to a mutant, the fastest first.</summary>
    public TimedTest[] TestsOf(int id) => _testsOf.TryGetValue(id, out List<TimedTest>? list) ? [.. list.OrderBy(test => test.Seconds)] : [];

    /// <summary>Whether a mutant is reached only while something is made once, such as a static table: it is seen only where everything begins anew.</summary>
    public bool IsOnce(int id) => _once.Contains(id) && !_again.Contains(id);

    /// <param name="highest">The highest number of a mutant or probe.</param>
    /// <param name="twice">Whether to run each test twice, to tell what is made once.</param>
    public void Take(int highest, bool twice)
    {
        using var worker = new WorkerProcess(rewritten, tests);
        worker.Ask(new Request(0, null));
        List<TimedTest> all = [];
        while (worker.Hear() is { Kind: AnswerKind.Test } answer)
        {
            if (!without.Contains(answer.Test!.Class.Split('.')[^1]))
                all.Add(new(answer.Test!, longest));
        }

        TestCount = all.Count;
        worker.Ask(new Request(-1 - highest, [.. all], twice));
        while (true)
        {
            Answer answer = worker.Hear() ?? throw new InvalidOperationException("The process of the tests ended without a mutant.");
            if (answer.Kind == AnswerKind.Done)
                return;
            if (answer.Failure is not null)
                throw new InvalidOperationException($"{answer.Test!.Name} fails without a mutant: {answer.Failure}");
            Reached.UnionWith(answer.Reached!);
            if (answer.Seconds > longest)
                continue;
            (answer.Kind == AnswerKind.Covered ? _again : _once).UnionWith(answer.Reached!);
            if (answer.Kind == AnswerKind.Covered)
                foreach (int id in answer.Reached!)
                    List(id).Add(new(answer.Test!, answer.Seconds));
        }
    }

    /// <summary>What is made once may matter to every test that comes to its file.</summary>
    public void AddTestsOfTheFile(IReadOnlyCollection<Mutant> mutants)
    {
        foreach (IGrouping<string, Mutant> file in mutants.GroupBy(mutant => mutant.File))
        {
            TimedTest[] all = [.. file.SelectMany(mutant => TestsOf(mutant.Id)).Distinct()];
            foreach (Mutant mutant in file.Where(mutant => IsOnce(mutant.Id)))
                List(mutant.Id).AddRange(all);
        }
    }

    private List<TimedTest> List(int id)
    {
        if (!_testsOf.TryGetValue(id, out List<TimedTest>? list))
            _testsOf[id] = list = [];
        return list;
    }
}
