using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.Load;

/// <summary>The documents that the commands of this folder print.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LoadDocument))]
[JsonSerializable(typeof(UnloadDocument))]
internal sealed partial class LoadJson : JsonSerializerContext;
