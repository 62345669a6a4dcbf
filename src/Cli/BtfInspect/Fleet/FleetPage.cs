namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>The page of a fleet: every object on every kernel at a glance, then object by object why, and what differs between the kernels.</summary>
internal sealed class FleetPage
{
    private const int ShownKernels = 4;

    private readonly HtmlText _page = new("Will it run there?");
    private readonly FleetRun _run;
    private readonly string[] _kernels;

    private FleetPage(FleetRun run)
    {
        _run = run;
        _kernels = ShortNames(run.Targets);
    }

    public static byte[] Of(FleetRun run)
    {
        var page = new FleetPage(run);
        page.WriteSummary();
        page.WriteMatrix();
        for (int i = 0; i < run.Objects.Count; i++)
            page.WriteObject(i);
        return page._page.ToArray();
    }

    /// <summary>The names without what they have in common at both ends, cut at a slash, dot or dash.</summary>
    internal static string[] ShortNames(IReadOnlyList<string> names)
    {
        if (names.Count < 2)
            return [.. names.Select(name => Path.GetFileName(name))];
        int start = names.Min(name => CommonStart(names[0], name));
        while (start > 0 && names[0][start - 1] is not ('/' or '-'))
            start--;
        int end = names.Min(name => CommonEnd(names[0], name));
        while (end > 0 && names[0][^end] is not ('.' or '-'))
            end--;
        return [.. names.Select(name => name.Length > start + end ? name[start..^end] : Path.GetFileName(name))];
    }

    private static int CommonStart(string a, string b)
    {
        int length = 0;
        while (length < Math.Min(a.Length, b.Length) && a[length] == b[length])
            length++;
        return length;
    }

    private static int CommonEnd(string a, string b)
    {
        int length = 0;
        while (length < Math.Min(a.Length, b.Length) && a[^(length + 1)] == b[^(length + 1)])
            length++;
        return length;
    }

    private static (string Class, string Sign, string Word) LookOf(BpfTargetVerdict? verdict) => verdict switch
    {
        BpfTargetVerdict.Runs => ("good", "✓", "runs"),
        BpfTargetVerdict.RunsWithoutMissing => ("good", "✓·", "runs; what is missing is not reached"),
        BpfTargetVerdict.DependsOnConfiguration => ("part", "?", "depends on .kconfig"),
        BpfTargetVerdict.NotKnown => ("part", "?", "BTF cannot tell"),
        BpfTargetVerdict.CannotAttach => ("part", "!", "loads, does not attach"),
        BpfTargetVerdict.LacksRequirement => ("bad", "✗", "does not load"),
        BpfTargetVerdict.ReachesMissing => ("bad", "✗", "will be rejected"),
        BpfTargetVerdict.Fails => ("bad", "✗", "does not relocate"),
        _ => ("none", "–", "unreadable"),
    };

    private void WriteSummary()
    {
        _page.Add($"<p>{FleetReport.Summary(_run)} ");
        _page.Add($"<span class=\"soft\">Judged from BTF alone, by p3ebpf btf-inspect core; nothing was loaded.</span></p>\n");
    }

    private void WriteMatrix()
    {
        _page.Add($"<div class=\"wide\"><table class=\"matrix\"><thead><tr><th></th>");
        for (int i = 0; i < _kernels.Length; i++)
            _page.Add($"<th class=\"kernel\" title=\"{_run.Targets[i]}\"><span>{_kernels[i]}</span></th>");
        _page.Add($"</tr></thead><tbody>\n");
        for (int i = 0; i < _run.Objects.Count; i++)
        {
            _page.Add($"<tr><th class=\"object mono\" title=\"{_run.Objects[i]}\"><a href=\"#o{i}\">{Path.GetFileName(_run.Objects[i])}</a></th>");
            int kernel = 0;
            foreach (FleetPair pair in _run.PairsOf(i))
            {
                (string look, string sign, _) = LookOf(pair.Verdict);
                _page.Add($"<td class=\"cell {look}\" title=\"{_kernels[kernel++]}: {pair.Text}\">{sign}</td>");
            }

            _page.Add($"</tr>\n");
        }

        _page.Add($"</tbody></table></div>\n<ul class=\"legend soft\">");
        foreach ((string look, string sign, string word) in _run.Pairs.Select(pair => pair.Verdict).Distinct().OrderBy(verdict => verdict ?? (BpfTargetVerdict)int.MaxValue).Select(LookOf))
            _page.Add($"<li><span class=\"mark {look}\">{sign}</span> {word}</li>");
        _page.Add($"</ul>\n");
    }

    private void WriteObject(int index)
    {
        FleetPair[] pairs = [.. _run.PairsOf(index)];
        int refused = pairs.Count(pair => pair.IsRefused);
        string look = refused == 0 ? "good" : refused == pairs.Length ? "bad" : "part";
        _page.Add($"<details id=\"o{index}\"{(refused > 0 ? " open" : string.Empty)}><summary><b class=\"mono\">{_run.Objects[index]}</b> <span class=\"mark {look}\">{pairs.Length - refused} of {pairs.Length}</span></summary><div>\n");
        WriteVerdicts(pairs);
        WriteNeeds(pairs);
        WriteRelocations(index, pairs);
        _page.Add($"</div></details>\n");
    }

    private void WriteVerdicts(FleetPair[] pairs)
    {
        _page.Add($"<table>\n");
        foreach (var group in pairs.Select((pair, kernel) => (pair, kernel)).GroupBy(each => (each.pair.Verdict, each.pair.Text)))
        {
            (string look, _, string word) = LookOf(group.Key.Verdict);
            string text = group.Key.Text.StartsWith(word, StringComparison.Ordinal) ? group.Key.Text[word.Length..].TrimStart(':', ' ') : group.Key.Text;
            _page.Add($"<tr><td><span class=\"mark {look}\">{word}</span></td><td>{(group.Key.Verdict is BpfTargetVerdict.Runs or BpfTargetVerdict.RunsWithoutMissing ? string.Empty : text)}</td>");
            WriteKernels(group.Select(each => each.kernel));
            _page.Add($"</tr>\n");
        }

        _page.Add($"</table>\n");
    }

    private void WriteKernels(IEnumerable<int> kernels)
    {
        string[] names = [.. kernels.Select(kernel => _kernels[kernel])];
        string shown = names.Length == _kernels.Length && names.Length > 1 ? $"all {names.Length} kernels"
            : names.Length <= ShownKernels ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(ShownKernels - 1))} and {names.Length - ShownKernels + 1} more";
        _page.Add($"<td class=\"soft kernels\" title=\"{string.Join(", ", names)}\">{shown}</td>");
    }

    private void WriteNeeds(FleetPair[] pairs)
    {
        var groups = pairs.SelectMany((pair, kernel) => pair.Needs.Select(need => (need, kernel))).GroupBy(each => each.need).ToArray();
        var lacking = groups.Where(group => group.Key.IsLacking).ToArray();
        if (lacking.Length > 0)
        {
            _page.Add($"<h3>What kernels lack besides fields</h3>\n<table>");
            foreach (var group in lacking)
            {
                BpfRequirement need = group.Key;
                string look = need.Effect switch { BpfRequirementEffect.None => "none", BpfRequirementEffect.Loading => "bad", _ => "part" };
                _page.Add($"<tr><td><span class=\"mark {look}\">{VerdictText.Of(need.Kind)}</span></td><td class=\"mono\">{need.Name}</td><td>{need.Message}.{(need.Effect == BpfRequirementEffect.None ? " Not reached." : string.Empty)}");
                if (need.Suggestion is { } suggestion)
                    _page.Add($"<p class=\"soft\">{suggestion}</p>");
                _page.Add($"</td>");
                WriteKernels(group.Select(each => each.kernel));
                _page.Add($"</tr>\n");
            }

            _page.Add($"</table>\n");
        }

        string[] unknown = [.. groups.Where(group => group.Key.Status == BpfRequirementStatus.NotKnown).Select(group => $"{VerdictText.Of(group.Key.Kind)} {group.Key.Name}").Distinct()];
        if (unknown.Length > 0)
            _page.Add($"<p class=\"soft\">Not known from BTF: {string.Join(", ", unknown)}.</p>\n");
    }

    private void WriteRelocations(int index, FleetPair[] pairs)
    {
        IReadOnlyList<FleetQuestion> questions = _run.QuestionsOf(index);
        int[] judged = [.. Enumerable.Range(0, pairs.Length).Where(kernel => pairs[kernel].Answers.Count == questions.Count)];
        if (questions.Count == 0 || judged.Length == 0)
            return;
        IReadOnlyList<FleetAccess> accesses = FleetAccess.Of(questions, pairs, judged);
        FleetAccess[] differing = [.. accesses.Where(access => access.Differs)];
        if (differing.Length > 0)
        {
            _page.Add($"<h3>What differs between the kernels, or is missing</h3>\n<div class=\"wide\"><table><tr><th>Source</th><th>Asked</th><th colspan=\"2\">Answers</th></tr>\n");
            foreach (FleetAccess access in differing)
                WriteAccess(access);
            _page.Add($"</table></div>\n");
        }

        FleetAccess[] same = [.. accesses.Where(access => !access.Differs)];
        if (same.Length == 0)
            return;
        _page.Add($"<details><summary>{same.Length} of {accesses.Count} accesses have the same answer {(judged.Length == 1 ? "as the compiler found, or another that fits" : "on every kernel")}</summary><div class=\"wide\"><table>\n");
        foreach (FleetAccess access in same)
            WriteAccess(access);
        _page.Add($"</table></div></details>\n");
    }

    private void WriteAccess(FleetAccess access)
    {
        bool first = true;
        foreach ((FleetAnswer[] answers, int[] kernels) in access.Answers)
        {
            _page.Add($"<tr>");
            if (first)
            {
                _page.Add($"<td class=\"mono\" rowspan=\"{access.Answers.Count}\" title=\"{access.Asked[0].Text}\">{FileOf(access.Asked[0].Source)}</td>");
                _page.Add($"<td class=\"mono\" rowspan=\"{access.Answers.Count}\"><span class=\"soft\">{string.Join(", ", access.Asked.Select(each => each.Kind))}</span> {access.Asked[0].Local}</td>");
            }

            first = false;
            _page.Add($"<td>");
            WriteAnswers(access.Asked, answers);
            _page.Add($"</td>");
            WriteKernels(kernels);
            _page.Add($"</tr>\n");
        }
    }

    /// <summary>Where all is well the first value is the one to look at; what is missing is told once, however many questions it leaves open.</summary>
    private void WriteAnswers(IReadOnlyList<FleetQuestion> asked, FleetAnswer[] answers)
    {
        for (int i = 0; i < answers.Length; i++)
        {
            FleetAnswer answer = answers[i];
            if (answer.Outcome != CoreRelocationOutcome.Applied && Array.IndexOf(answers, answer) < i)
                continue;
            (string look, string text) = answer switch
            {
                { Outcome: CoreRelocationOutcome.Applied } => ("good", ValueOf(answer)),
                { Outcome: CoreRelocationOutcome.Absent } => ("none", "absent"),
                { Outcome: CoreRelocationOutcome.Poisoned, IsReached: false } => ("none", "missing, not reached"),
                { Outcome: CoreRelocationOutcome.Poisoned } => ("bad", "missing, reached"),
                _ => ("bad", "failed"),
            };
            if (i == 0 || answer.Outcome != CoreRelocationOutcome.Applied)
                _page.Add($"<span class=\"mark {look}\">{text}</span>");
            else
                _page.Add($"<span class=\"soft\"> {asked[i].Kind} {text}</span>");
            if (answer.Message is { } message)
                _page.Add($"<p>{message}.</p>");
            if (answer.Suggestion is { } suggestion && (answer.IsReached || answer.Outcome == CoreRelocationOutcome.Failed))
                _page.Add($"<p class=\"soft\">{suggestion}</p>");
        }
    }

    private static string ValueOf(FleetAnswer answer) => answer.Value is { } value ? unchecked((long)value).ToString(System.Globalization.CultureInfo.InvariantCulture) : "applied";

    private static string FileOf(string source) => source[(source.LastIndexOf('/') + 1)..];
}
