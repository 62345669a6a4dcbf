namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>The text of a fleet: a line for each object on each kernel, and how many run.</summary>
internal static class FleetReport
{
    public static void Write(LineWriter writer, FleetRun run)
    {
        var table = new TextTable("OBJECT", "TARGET", "VERDICT");
        foreach (FleetPair pair in run.Pairs)
            table.Add(pair.Object, pair.Target, pair.Text);
        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine(Summary(run));
    }

    /// <summary>How many run, as a sentence.</summary>
    public static string Summary(FleetRun run)
    {
        FleetPair[] pairs = [.. run.Pairs];
        int refused = pairs.Count(pair => pair.IsRefused);
        int open = pairs.Count(pair => pair.Verdict is BpfTargetVerdict.NotKnown or BpfTargetVerdict.DependsOnConfiguration);
        string beginning = $"{run.Objects.Count} {(run.Objects.Count == 1 ? "object" : "objects")} on {run.Targets.Count} {(run.Targets.Count == 1 ? "kernel" : "kernels")}";
        if (refused + open == 0)
            return $"{beginning}: all run.";
        string not = refused == 0 ? string.Empty : $", {refused} {(refused == 1 ? "does" : "do")} not";
        return $"{beginning}: {pairs.Length - refused - open} of {pairs.Length} run{not}{(open == 0 ? string.Empty : $", of {open} BTF cannot tell")}.";
    }
}
