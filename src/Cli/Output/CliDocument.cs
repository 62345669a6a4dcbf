using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.Output;

/// <summary>A JSON document that a command prints.</summary>
internal abstract record CliDocument
{
    /// <summary>Grows when a document changes in a way that breaks its readers.</summary>
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = 1;
}
