using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.RunningKernel;

/// <summary>The documents that the commands of this folder print.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FeatureDocument))]
[JsonSerializable(typeof(ListDocument))]
internal sealed partial class RunningKernelJson : JsonSerializerContext;
