namespace P3Ebpf.Cli.Lottery;

/// <summary>The objects that are part of the tool.</summary>
internal static class BuiltInObject
{
    /// <summary>Keeps the lottery scheduler's books.</summary>
    public static BpfObjectSpec Lottery => Read("sched_lottery.bpf.o");

    /// <summary>Decides by lottery who runs next, on kernels with sched_ext.</summary>
    public static BpfObjectSpec Scheduler => Read("scx_lottery.bpf.o");

    /// <summary>Gives a task its tickets in the books.</summary>
    public static BpfObjectSpec SetTickets => Read("set_tickets.bpf.o");

    private static BpfObjectSpec Read(string name)
    {
        using Stream stream = typeof(BuiltInObject).Assembly.GetManifestResourceStream(name)!;
        return BpfObjectSpec.Read(stream, name);
    }
}
