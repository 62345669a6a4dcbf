using System.Globalization;

namespace P3Ebpf.MutationScore;

/// <summary>The score by folder, and the mutants that no test noticed, to be read one by one.</summary>
internal static class Report
{
    public static void Write(IReadOnlyCollection<Verdict> verdicts, string library, int all, string path)
    {
        List<string> lines = ["| folder | mutants | killed | timed out | survived | not covered | score |", "|---|---|---|---|---|---|---|"];
        foreach (IGrouping<string, Verdict> folder in verdicts.GroupBy(verdict => FolderOf(verdict.Mutant.File, library)).OrderBy(group => group.Key, StringComparer.Ordinal))
            lines.Add(Row(folder.Key, [.. folder], exact: true));
        lines.Add(Row($"all {all}", verdicts, exact: verdicts.Count == all));
        foreach (string line in lines)
            Console.WriteLine(line);
        lines.Add(string.Empty);
        lines.AddRange(verdicts.Where(verdict => verdict.Fate is Fate.Survived or Fate.NotCovered).OrderBy(verdict => verdict.Mutant.File, StringComparer.Ordinal).ThenBy(verdict => verdict.Mutant.Id)
            .Select(verdict => $"{Path.GetRelativePath(library, verdict.Mutant.File)}:{verdict.Mutant.Line} {verdict.Fate} ({verdict.Tests}) {verdict.Mutant.Original} -> {verdict.Mutant.Changed}"));
        File.WriteAllLines(path, lines);
        Console.WriteLine($"Those that survived: {path}");
    }

    /// <summary>Lines and ways of conditions that the tests came to, by folder.</summary>
    public static void Write(IReadOnlyCollection<Probe> probes, HashSet<int> reached, string library)
    {
        Console.WriteLine("| folder | lines | reached | branches | reached |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (IGrouping<string, Probe> folder in probes.GroupBy(probe => FolderOf(probe.File, library)).OrderBy(group => group.Key, StringComparer.Ordinal))
            Console.WriteLine(Row(folder.Key, [.. folder], reached));
        Console.WriteLine(Row("all", probes, reached));
        foreach (IGrouping<string, Probe> file in probes.Where(probe => !reached.Contains(probe.Id)).GroupBy(probe => probe.File))
            Console.Error.WriteLine($"not reached: {Path.GetRelativePath(library, file.Key)}:{string.Join(',', file.Select(probe => probe.Line).Distinct().Order())}");
    }

    private static string Row(string name, IReadOnlyCollection<Probe> probes, HashSet<int> reached)
    {
        ILookup<bool, Probe> byBranch = probes.ToLookup(probe => probe.IsBranch);
        IGrouping<(string, int), Probe>[] lines = [.. byBranch[false].GroupBy(probe => (probe.File, probe.Line))];
        int branches = byBranch[true].Count();
        double ofLines = 100.0 * lines.Count(line => line.Any(probe => reached.Contains(probe.Id))) / lines.Length;
        double ofBranches = 100.0 * byBranch[true].Count(probe => reached.Contains(probe.Id)) / branches;
        return string.Create(CultureInfo.InvariantCulture, $"| {name} | {lines.Length} | {ofLines:F1} % | {branches} | {ofBranches:F1} % |");
    }

    private static string FolderOf(string file, string library) => Path.GetDirectoryName(Path.GetRelativePath(library, file)) is { Length: > 0 } folder ? folder : ".";

    private static string Row(string name, IReadOnlyCollection<Verdict> verdicts, bool exact)
    {
        int Count(Fate fate) => verdicts.Count(verdict => verdict.Fate == fate);
        double score = (double)(Count(Fate.Killed) + Count(Fate.TimedOut)) / verdicts.Count;
        string error = exact ? string.Empty : $" ± {100 * Math.Sqrt(score * (1 - score) / verdicts.Count):F1}";
        return string.Create(CultureInfo.InvariantCulture, $"| {name} | {verdicts.Count} | {Count(Fate.Killed)} | {Count(Fate.TimedOut)} | {Count(Fate.Survived)} | {Count(Fate.NotCovered)} | {100 * score:F1}{error} % |");
    }
}
