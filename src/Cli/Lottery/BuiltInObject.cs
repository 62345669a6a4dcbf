namespace P3Ebpf.Cli.Lottery;

/// <summary>The objects that are part of the tool.</summary>
internal static class BuiltInObject
{
    /// <summary>Keeps the lottery scheduler's books.</summary>
    public static BpfObjectSpec Lottery => Read("sched_lottery.bpf.o");

    /// <summary>Gives a task its tickets.</summary>
    public static BpfObjectSpec SetTickets => Read("set_tickets.bpf.o");

    private static BpfObjectSpec Read(string name)
    {
        using Stream stream = typeof(BuiltInObject).Assembly.GetManifestResourceStream(name)!;
        return BpfObjectSpec.Read(stream, name);
    }
}
