using System.Text.Json.Serialization;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The answer of <c>watch --json</c>.</summary>
/// <param name="Map">Where the map is pinned.</param>
/// <param name="DurationSeconds">The time that the shares of CPU time are of; null: since the scheduler was attached.</param>
/// <param name="Tasks">The greatest share of CPU time first.</param>
internal sealed record WatchDocument(string Map, double? DurationSeconds, IReadOnlyList<TaskEntry> Tasks)
{
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = CliJson.SchemaVersion;
}
