namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>The text of a fleet: a line for each object on each kernel, and how many run.</summary>
internal static class FleetReport
{
    public static void Write(LineWriter writer, FleetRun run)
    {
        var table = new TextTable("OBJECT", "TARGET", "VERDICT");
        int refused = 0;
        int total = 0;
        foreach (FleetPair pair in run.Pairs)
        {
            table.Add(pair.Object, pair.Target, pair.Text);
            refused += pair.IsRefused ? 1 : 0;
            total++;
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine(Summary(run.Objects.Count, run.Targets.Count, total - refused, total));
    }

    /// <summary>How many run, as a sentence.</summary>
    public static string Summary(int objects, int targets, int running, int total) =>
        $"{objects} {(objects == 1 ? "object" : "objects")} on {targets} {(targets == 1 ? "kernel" : "kernels")}: {(running == total ? "all run" : $"{running} of {total} run, {total - running} {(total - running == 1 ? "does" : "do")} not")}.";
}
