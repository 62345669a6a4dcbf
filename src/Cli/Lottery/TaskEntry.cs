namespace P3Ebpf.Cli.Lottery;

/// <summary>A task as JSON; shares are from 0 to 1.</summary>
internal sealed record TaskEntry(
    uint Pid, uint Tgid, string Name, char State, uint Tickets, uint UserTickets, double TicketShare, double CpuShare,
    ulong Switches, ulong RunTimeNs, ulong CgroupId)
{
    private const int Digits = 6;

    public static TaskEntry From(TaskRow row) => new(
        row.Id, row.Record.ThreadGroupId, row.Record.Command, row.Record.StateLetter, row.Record.Tickets, row.Record.UserTickets,
        Math.Round(row.TicketShare, Digits), Math.Round(row.CpuShare, Digits),
        row.Record.Switches, row.Record.RunTimeNanoseconds, row.Record.CgroupId);
}
