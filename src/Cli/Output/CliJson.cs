using System.Text.Json.Serialization;
using P3Ebpf.Cli.BtfInspect;
using P3Ebpf.Cli.RunningKernel;
using P3Ebpf.Cli.Gen;
using P3Ebpf.Cli.Load;
using P3Ebpf.Cli.Lottery;
using P3Ebpf.Cli.Maps;

namespace P3Ebpf.Cli.Output;

/// <summary>The JSON documents that commands print.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(CoreDocument))]
[JsonSerializable(typeof(DiffDocument))]
[JsonSerializable(typeof(DoctorDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(FeatureDocument))]
[JsonSerializable(typeof(GenDocument))]
[JsonSerializable(typeof(LinkDocument))]
[JsonSerializable(typeof(ListDocument))]
[JsonSerializable(typeof(LoadDocument))]
[JsonSerializable(typeof(MapDocument))]
[JsonSerializable(typeof(ScheduleDocument))]
[JsonSerializable(typeof(TicketsDocument))]
[JsonSerializable(typeof(TypeDocument))]
[JsonSerializable(typeof(UnloadDocument))]
[JsonSerializable(typeof(WatchDocument))]
[JsonSerializable(typeof(WrittenDocument))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>Grows when a document changes in a way that breaks its readers.</summary>
    public const int SchemaVersion = 1;
}
