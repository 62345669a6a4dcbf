using P3Ebpf.Cli.BtfInspect.Fleet;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The text of <c>btf-inspect core</c>: a line for each target, a matrix where targets differ, and the reasons.</summary>
internal static class CoreReport
{
    public static void Write(LineWriter writer, BpfObjectSpec spec, IReadOnlyList<(string Btf, BpfTargetAssessment Assessment)> targets, bool verbose)
    {
        int relocations = spec.BtfExt?.CoreRelocations.Count ?? 0;
        writer.WriteLine($"{spec}: {relocations} CO-RE relocations in {spec.Functions.Count} {(spec.Functions.Count == 1 ? "function" : "functions")}");
        if (relocations == 0)
        {
            writer.WriteLine("It needs no target BTF: its instructions are the same on every kernel.");
            if (targets.All(target => target.Assessment.Verdict == BpfTargetVerdict.Runs))
                return;
        }

        writer.WriteLine();
        WriteVerdicts(writer, targets);
        WriteMatrix(writer, targets);
        foreach ((string btf, BpfTargetAssessment assessment) in targets)
        {
            bool headed = WriteReasons(writer, btf, assessment, verbose);
            WriteNeeds(writer, btf, assessment, headed, verbose);
        }
    }

    private static void WriteVerdicts(LineWriter writer, IReadOnlyList<(string Btf, BpfTargetAssessment Assessment)> targets)
    {
        var table = new TextTable("TARGET", "VERDICT", ">APPLIED", ">ABSENT", ">POISONED", ">FAILED");
        foreach ((string btf, BpfTargetAssessment assessment) in targets)
        {
            CoreRelocationResult[] results = [.. assessment.Relocation.Functions.SelectMany(function => function.Results)];
            table.Add(
                btf, VerdictText.Of(assessment), Text(Count(CoreRelocationOutcome.Applied)), Text(Count(CoreRelocationOutcome.Absent)),
                Text(Count(CoreRelocationOutcome.Poisoned)), Text(Count(CoreRelocationOutcome.Failed)));

            int Count(CoreRelocationOutcome outcome) => results.Count(result => result.Outcome == outcome);
        }

        table.Write(writer);
    }

    /// <summary>Only what is not the same everywhere is worth a row.</summary>
    private static void WriteMatrix(LineWriter writer, IReadOnlyList<(string Btf, BpfTargetAssessment Assessment)> targets)
    {
        if (targets.Count < 2)
            return;
        string[] letters = [.. Enumerable.Range(0, targets.Count).Select(i => $"[{i + 1}]")];
        var table = new TextTable(["SOURCE", "KIND", "ASKED", .. letters]);
        bool any = false;
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (BpfRelocatedFunction first in targets[0].Assessment.Relocation.Functions)
        {
            for (int i = 0; i < first.Results.Count; i++)
            {
                CoreRelocationResult[] row = [.. targets.Select(target => target.Assessment.Relocation[first.Function].Results[i])];
                if (row.All(result => result.Outcome == row[0].Outcome && result.Value == row[0].Value))
                    continue;
                string[] cells = [SourceOf(first, row[0]), CoreRelocationKindNames.Of(row[0].Kind), row[0].Local, .. row.Select(CellOf)];
                if (!seen.Add(string.Join('\t', cells)))
                    continue;
                table.Add(cells);
                any = true;
            }
        }

        if (!any)
            return;
        writer.WriteLine();
        for (int i = 0; i < targets.Count; i++)
            writer.WriteLine($"{letters[i]} {targets[i].Btf}");
        writer.WriteLine();
        table.Write(writer);
    }

    private static string CellOf(CoreRelocationResult result) => result.Outcome switch
    {
        CoreRelocationOutcome.Applied => result.Value is { } value ? Text(unchecked((long)value)) : "-",
        CoreRelocationOutcome.Absent => "absent",
        _ => Words.Of(result.Outcome),
    };

    private static bool WriteReasons(LineWriter writer, string btf, BpfTargetAssessment assessment, bool verbose)
    {
        HashSet<string> told = new(StringComparer.Ordinal);
        HashSet<CoreRelocationResult> reached = [.. assessment.ReachedPoison.Select(poison => poison.Result)];
        bool headed = false;
        foreach (BpfRelocatedFunction function in assessment.Relocation.Functions)
        {
            foreach (CoreRelocationResult result in function.Results)
            {
                bool isWorthTelling = verbose || result.Outcome == CoreRelocationOutcome.Failed || reached.Contains(result);
                if (!isWorthTelling || (!verbose && !told.Add($"{SourceOf(function, result)} {result.Message}")))
                    continue;
                if (!headed)
                {
                    writer.WriteLine();
                    writer.WriteLine($"{btf}:");
                    headed = true;
                }

                WriteReason(writer, function, result, reached.Contains(result), verbose);
            }
        }

        return headed;
    }

    /// <summary>What else the target lacks; on request also what BTF cannot tell and what is met.</summary>
    private static void WriteNeeds(LineWriter writer, string btf, BpfTargetAssessment assessment, bool headed, bool verbose)
    {
        foreach (BpfRequirement need in assessment.Requirements.Where(need => verbose || need.IsLacking || (need == assessment.Open && assessment.Verdict == BpfTargetVerdict.NotKnown)))
        {
            if (!headed)
            {
                writer.WriteLine();
                writer.WriteLine($"{btf}:");
                headed = true;
            }

            string effect = need.IsLacking && need.Effect == BpfRequirementEffect.None ? ", not reached" : string.Empty;
            writer.WriteLine($"  {Words.Of(need.Status).Replace('_', ' '),-9} {VerdictText.Of(need.Kind)} {need.Name}, for {need.NeededBy}{effect}");
            if (need.Message is { } message)
                writer.WriteLine($"           {message}");
            if (need.Suggestion is { } suggestion)
                writer.WriteLine($"           {suggestion}");
        }
    }

    private static void WriteReason(LineWriter writer, BpfRelocatedFunction function, CoreRelocationResult result, bool isReached, bool verbose)
    {
        string place = verbose ? $"{function.Function.Name}+{result.InstructionIndex} " : string.Empty;
        string values = result.Outcome switch
        {
            CoreRelocationOutcome.Applied => $": {result.OriginalValue} -> {result.Value}, {result.Target}",
            CoreRelocationOutcome.Poisoned => isReached ? ", reached" : ", not reached",
            _ => string.Empty,
        };
        writer.WriteLine($"  {Words.Of(result.Outcome),-8} {place}{SourceOf(function, result)}: {CoreRelocationKindNames.Of(result.Kind)} of {result.Local}{values}");
        if (result.Message is { } message)
            writer.WriteLine($"           {message}");
        if (verbose)
        {
            if (function.Function.SourceLineOf(result.InstructionIndex) is { Text.Length: > 0 } line)
                writer.WriteLine($"           {line.Text.Replace('\t', ' ')}");
            foreach (CoreCandidate candidate in result.Candidates)
            {
                string verdict = candidate.IsRuledOut ? "ruled out by an earlier relocation" : candidate.Matches ? "matches" : $"step {candidate.FailedAt}: {candidate.Reason}";
                writer.WriteLine($"           candidate {candidate.Id} {candidate.Type} of {candidate.Btf}: {verdict}");
            }
        }

        if (result.Suggestion is { } suggestion)
            writer.WriteLine($"           {suggestion}");
    }

    private static string SourceOf(BpfRelocatedFunction function, CoreRelocationResult result) =>
        function.Function.SourceLineOf(result.InstructionIndex)?.ToString() ?? $"{function.Function.Name}+{result.InstructionIndex}";

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
