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
