using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.Lottery;

/// <summary>The documents that the commands of this folder print.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ScheduleDocument))]
[JsonSerializable(typeof(TicketsDocument))]
[JsonSerializable(typeof(WatchDocument))]
internal sealed partial class LotteryJson : JsonSerializerContext;
