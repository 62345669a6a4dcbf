using System.Globalization;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Lottery;

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
