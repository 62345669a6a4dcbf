using System.Text.Json.Serialization;
using P3Ebpf.Cli.Output;

namespace P3Ebpf.Cli.Commands.BtfInspect;

/// <summary>The answer of <c>btf-inspect doctor --json</c>.</summary>
/// <param name="Findings">What was found, weightiest first.</param>
/// <param name="Answer">The conclusion, in lines.</param>
/// <param name="System">What was read of the system.</param>
internal sealed record DoctorDocument(IReadOnlyList<DoctorFinding> Findings, string Answer, IReadOnlyDictionary<string, string> System)
{
    [JsonPropertyOrder(-1)]
    public int SchemaVersion { get; } = CliJson.SchemaVersion;
}
