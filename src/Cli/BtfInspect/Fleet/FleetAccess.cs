namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>One access in C, which is several relocations (where a field is, its size, how to shift it), and the answers of the kernels.</summary>
/// <param name="Asked">What is asked of a kernel, in the order of the instructions.</param>
/// <param name="Answers">Each different answer with the kernels that give it, a part for each question.</param>
internal sealed record FleetAccess(IReadOnlyList<FleetQuestion> Asked, IReadOnlyList<(FleetAnswer[] Answers, int[] Kernels)> Answers)
{
    /// <summary>Whether kernels answer differently, or one has no answer.</summary>
    public bool Differs => Answers.Count > 1 || Answers[0].Answers.Any(answer => answer.Outcome is CoreRelocationOutcome.Failed or CoreRelocationOutcome.Poisoned);

    /// <summary>The accesses of an object, each once: a macro that is used in several places has the same line in all of them.</summary>
    /// <param name="questions">The object's relocations.</param>
    /// <param name="pairs">The object on each kernel.</param>
    /// <param name="judged">The kernels that have answers.</param>
    public static IReadOnlyList<FleetAccess> Of(IReadOnlyList<FleetQuestion> questions, FleetPair[] pairs, int[] judged)
    {
        List<FleetAccess> found = [];
        HashSet<string> told = new(StringComparer.Ordinal);
        foreach (List<int> rows in RowsOf(questions, (one, other) => judged.All(kernel => pairs[kernel].Answers[one] == pairs[kernel].Answers[other])))
        {
            FleetQuestion[] asked = [.. rows.Select(row => questions[row])];
            (FleetAnswer[] Answers, int[] Kernels)[] answers =
            [
                .. judged.Select(kernel => (Answers: rows.Select(row => pairs[kernel].Answers[row]).ToArray(), kernel))
                    .GroupBy(each => string.Join('\n', each.Answers.Select(answer => answer.ToString())))
                    .Select(group => (group.First().Answers, group.Select(each => each.kernel).ToArray())),
            ];
            if (told.Add($"{asked[0].Source} {asked[0].Local} {string.Join(',', asked.Select(each => each.Kind))} {string.Join('\n', answers.Select(each => $"{string.Join(',', each.Kernels)} {string.Join<FleetAnswer>(',', each.Answers)}"))}"))
                found.Add(new FleetAccess(asked, answers));
        }

        return found;
    }

    /// <summary>What a function asks of one thing in one line, until it asks the same again and gets another answer.</summary>
    private static List<List<int>> RowsOf(IReadOnlyList<FleetQuestion> questions, Func<int, int, bool> areAnsweredAlike)
    {
        List<List<int>> accesses = [];
        Dictionary<(string Function, string Source, string Local), List<int>> open = [];
        for (int row = 0; row < questions.Count; row++)
        {
            FleetQuestion asked = questions[row];
            (string Function, string Source, string Local) key = (asked.Function, asked.Source, asked.Local);
            int again = open.TryGetValue(key, out List<int>? rows) ? rows.FindIndex(each => questions[each].Kind == asked.Kind) : -1;
            if (again >= 0 && areAnsweredAlike(rows![again], row))
                continue;
            if (rows is null || again >= 0)
                accesses.Add(open[key] = rows = []);
            rows.Add(row);
        }

        return accesses;
    }
}
