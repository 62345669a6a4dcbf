namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The page of <c>btf-inspect diff</c>: how many types of each kind differ, and kind by kind what became of each.</summary>
internal static class DiffPage
{
    /// <summary>A kind with more types than this is shown folded.</summary>
    private const int MaxOpen = 50;

    public static byte[] Of(string old, string now, IReadOnlyList<BtfTypeDifference> differences)
    {
        var page = new HtmlText("What changed between two kernels");
        page.Add($"<p>From <code>{old}</code> to <code>{now}</code>. <span class=\"soft\">p3ebpf btf-inspect diff made it.</span></p>\n");
        if (differences.Count == 0)
        {
            page.Add($"<p>No differences.</p>\n");
            return page.ToArray();
        }

        var kinds = differences.GroupBy(DiffCounts.KindOf).Select(group => (Kind: group.Key, Types: group.ToArray())).ToArray();
        page.Add($"<table><tr><th>Kind</th><th>Added</th><th>Removed</th><th>Changed</th></tr>\n");
        foreach ((string kind, BtfTypeDifference[] types) in kinds)
            WriteCounts(page, kind, DiffCounts.Of(types));
        WriteCounts(page, "all", DiffCounts.Of([.. differences]));
        page.Add($"</table>\n");
        foreach ((string kind, BtfTypeDifference[] types) in kinds)
        {
            page.Add($"<details id=\"{kind}\"{(types.Length <= MaxOpen ? " open" : string.Empty)}><summary><b>{kind}</b> <span class=\"soft\">{types.Length}</span></summary><div>\n");
            foreach (BtfTypeDifference type in types)
                WriteType(page, type);
            page.Add($"</div></details>\n");
        }

        return page.ToArray();
    }

    private static void WriteCounts(HtmlText page, string kind, DiffCounts counts) =>
        page.Add($"<tr><td>{kind}</td><td class=\"plus\">{counts.Added}</td><td class=\"minus\">{counts.Removed}</td><td>{counts.Changed}</td></tr>\n");

    private static void WriteType(HtmlText page, BtfTypeDifference type)
    {
        page.Add($"<pre>");
        foreach (string line in DiffReport.LinesOf(type))
        {
            string look = line.TrimStart() switch { ['+', ..] => "plus", ['-', ..] => "minus", _ => string.Empty };
            page.Add($"<span class=\"{look}\">{line}</span>\n");
        }

        page.Add($"</pre>\n");
    }
}
