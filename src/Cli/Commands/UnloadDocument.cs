using System.Text.Json.Serialization;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Commands;

/// <summary>The answer of <c>unload --json</c>.</summary>
/// <param name="Removed">The pins and directories that are gone, in that order.</param>
/// <param name="Error">The first failure; others were told on standard error.</param>
internal sealed record UnloadDocument(
    IReadOnlyList<string> Removed, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ErrorInfo? Error)
{
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = CliJson.SchemaVersion;
}
