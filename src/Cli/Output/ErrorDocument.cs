using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.Output;

/// <summary>A failure as JSON.</summary>
/// <param name="Error">What went wrong.</param>
internal sealed record ErrorDocument(ErrorInfo Error)
{
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = CliJson.SchemaVersion;
}
