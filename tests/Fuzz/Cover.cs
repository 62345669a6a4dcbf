namespace P3Ebpf.Fuzz;

/// <summary>Chooses, of many inputs, the few that a repository can keep: those that together reach most.</summary>
internal static class Cover
{
    private const int MostFiles = 64;
    private const int MostBytes = 200 << 10;

    /// <summary>
    /// Takes in turn the input that adds most edges for what it uses up of the files and bytes there may be (the greedy approximation of a set cover), and the
    /// shorter of equals, until none adds any or fits. Returns it with the number of edges that it and the seeds reach.
    /// </summary>
    public static (List<byte[]> Inputs, int Edges) Of(FuzzTarget target, IEnumerable<byte[]> inputs)
    {
        HashSet<int> reached = [.. target.Seeds().SelectMany(seed => EdgesOf(target, seed))];
        List<(byte[] Input, List<int> Edges)> left = [.. inputs.OrderBy(input => input.Length).Select(input => (input, EdgesOf(target, input)))];
        List<byte[]> chosen = [];
        for (int room = MostBytes; chosen.Count < MostFiles;)
        {
            foreach ((_, List<int> edges) in left)
                _ = edges.RemoveAll(reached.Contains);
            _ = left.RemoveAll(each => each.Edges.Count == 0 || each.Input.Length > room);
            if (left.Count == 0)
                break;
            (byte[] input, List<int> added) = left.MaxBy(each => each.Edges.Count / ((1.0 / MostFiles) + ((double)each.Input.Length / MostBytes)));
            chosen.Add(input);
            room -= input.Length;
            reached.UnionWith(added);
        }

        return (chosen, reached.Count);
    }

    private static List<int> EdgesOf(FuzzTarget target, byte[] input)
    {
        Coverage.Begin();
        try
        {
            _ = target.Try(input);
        }
#pragma warning disable CA1031 // a finding is told by the campaign; here it reaches what it reaches
        catch (Exception)
        {
        }
#pragma warning restore CA1031

        return Coverage.Taken();
    }
}
