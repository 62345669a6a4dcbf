using System.Globalization;

namespace P3Ebpf.Cli.Lottery;

/// <summary>One task in a table.</summary>
/// <param name="Id">What user space calls a thread id.</param>
/// <param name="Record">What the map holds.</param>
/// <param name="TicketShare">Its part of all tickets, 0 to 1.</param>
/// <param name="CpuShare">Its part of the time that tasks ran, 0 to 1.</param>
internal sealed record TaskRow(uint Id, TaskRecord Record, double TicketShare, double CpuShare)
{
    private const double NanosecondsPerMillisecond = 1e6;
    private const double NanosecondsPerSecond = 1e9;

    public string RunTime => Record.RunTimeNanoseconds < 10 * NanosecondsPerSecond
        ? string.Create(CultureInfo.InvariantCulture, $"{Record.RunTimeNanoseconds / NanosecondsPerMillisecond:0.0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{Record.RunTimeNanoseconds / NanosecondsPerSecond:0.0} s");

    public static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);
}

/// <summary>The tasks as plain text.</summary>
internal static class TaskTable
{
    public static void Write(IReadOnlyList<TaskRow> rows, LineWriter writer)
    {
        var table = new TextTable(">PID", "NAME", "STATE", ">TICKETS", ">SHARE", ">CPU", ">SWITCHES", ">RUN TIME");
        foreach (TaskRow row in rows)
        {
            table.Add(
                row.Id.ToString(CultureInfo.InvariantCulture), row.Record.Command, row.Record.StateLetter.ToString(),
                row.Record.Tickets.ToString(CultureInfo.InvariantCulture), TaskRow.Percent(row.TicketShare), TaskRow.Percent(row.CpuShare),
                row.Record.Switches.ToString(CultureInfo.InvariantCulture), row.RunTime);
        }

        table.Write(writer);
    }
}

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
