using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>The documents that the commands of this folder print.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(CoreDocument))]
[JsonSerializable(typeof(DiffDocument))]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(TypeDocument))]
[JsonSerializable(typeof(WrittenDocument))]
internal sealed partial class BtfInspectJson : JsonSerializerContext;
