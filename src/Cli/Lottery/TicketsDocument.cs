using System.Text.Json.Serialization;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The answer of <c>tickets --json</c>.</summary>
/// <param name="Pid">The task.</param>
/// <param name="Name">Its command name.</param>
/// <param name="Tickets">What it has now.</param>
/// <param name="UserTickets">What it was given; 0 when its nice value decides.</param>
/// <param name="PreviousTickets">What it had before; null if it had not been seen.</param>
internal sealed record TicketsDocument(uint Pid, string Name, uint Tickets, uint UserTickets, uint? PreviousTickets)
{
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = CliJson.SchemaVersion;
}
