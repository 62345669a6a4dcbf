using System.Text;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Relocates objects on both sides and counts what agrees.</summary>
internal sealed class Comparison(LibbpfOracle oracle)
{
    private readonly HashSet<string> _objects = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _kinds = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly List<string> _differences = [];

    public int Runs { get; private set; }

    public int Relocations { get; private set; }

    public int Instructions { get; private set; }

    public int Refusals { get; private set; }

    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Compares one object against one kernel.</summary>
    public void Compare(string bpfObject, KernelTarget kernel)
    {
        _ = _objects.Add(bpfObject);
        Runs++;
        RelocatedObject theirs = oracle.Relocate(bpfObject, kernel.Path);
        var ours = new OwnRelocation(bpfObject, kernel.Target);
        if (Describe(ours, theirs) is { } difference)
        {
            _differences.Add($"{bpfObject} against {kernel.Name}: {difference}");
            return;
        }

        if (theirs.IsRefused)
        {
            Refusals++;
            return;
        }

        Instructions += theirs.Programs.Values.Sum(p => p.Length);
        foreach ((_, CoreRelocationResult result) in ours.Results)
        {
            Relocations++;
            Count(_kinds, CoreRelocationKindNames.Of(result.Kind));
            Count(_outcomes, result.Outcome.ToString());
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        _ = text.AppendLine($"{_objects.Count} objects, {Runs} runs of object against kernel");
        _ = text.AppendLine($"{Relocations} relocations in {Instructions} instructions compared: {string.Join(", ", _kinds.Select(k => $"{k.Value} {k.Key}"))}");
        _ = text.AppendLine($"of these {string.Join(", ", _outcomes.Select(o => $"{o.Value} {o.Key}"))}");
        _ = text.AppendLine($"{Refusals} refusals agreed, with the same error number");
        _ = text.Append($"{_differences.Count} differences");
        return text.ToString();
    }

    private static void Count(SortedDictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static string? Describe(OwnRelocation ours, RelocatedObject theirs)
    {
        if (ours.Outcome.Refusal != theirs.Refusal)
            return $"\n  ours {Verdict(ours.Outcome)}\n  libbpf {Verdict(theirs)}";
        if (theirs.IsRefused)
            return null;
        if (!ours.Outcome.Programs.Keys.Order().SequenceEqual(theirs.Programs.Keys.Order()))
            return $"programs {string.Join(' ', ours.Outcome.Programs.Keys)} here, {string.Join(' ', theirs.Programs.Keys)} there";
        foreach ((string name, string[] expected) in theirs.Programs)
        {
            string[] actual = ours.Outcome.Programs[name];
            for (int i = 0; i < Math.Min(actual.Length, expected.Length); i++)
            {
                if (actual[i] != expected[i])
                    return $"program {name}, instruction {i}:\n  ours   {actual[i]}\n  libbpf {expected[i]}{Origin(ours, name, i)}";
            }

            if (actual.Length != expected.Length)
                return $"program {name} has {actual.Length} instructions here, {expected.Length} there";
        }

        return null;
    }

    private static string Verdict(RelocatedObject outcome) => outcome.IsRefused ? $"refuses ({outcome.Refusal}): {outcome.Message}" : "relocates it";

    private static string Origin(OwnRelocation ours, string program, int instruction) =>
        ours.ResultAt(program, instruction) is { } at ? $"\n  {at.Result}\n  line {at.Line?.Line}: {at.Line?.Text}" : string.Empty;
}
