using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.BtfInspect.Fleet;

/// <summary>The answer of <c>btf-inspect core --json</c> for several objects, for directories, and with <c>--brief</c>.</summary>
/// <param name="Objects">The objects.</param>
/// <param name="Targets">The kernels.</param>
/// <param name="Refused">How many pairs are known not to run.</param>
/// <param name="Pairs">Every object on every kernel, object by object.</param>
internal sealed record FleetDocument(IReadOnlyList<string> Objects, IReadOnlyList<string> Targets, int Refused, IReadOnlyList<FleetDocument.Pair> Pairs) : CliDocument
{
    public static FleetDocument Of(FleetRun run) => new(run.Objects, run.Targets, run.Pairs.Count(pair => pair.IsRefused), [.. run.Pairs.Select(Pair.Of)]);

    /// <param name="Object">The object.</param>
    /// <param name="Btf">The kernel.</param>
    /// <param name="Verdict">runs, runs_without_missing, depends_on_configuration, not_known, cannot_attach, lacks_requirement, reaches_missing, fails or unreadable.</param>
    /// <param name="Succeeded">Whether nothing is known against it.</param>
    /// <param name="Message">The verdict in words.</param>
    /// <param name="Needs">What the kernel lacks besides relocations, or what its BTF cannot tell.</param>
    internal sealed record Pair(string Object, string Btf, string Verdict, bool Succeeded, string Message, IReadOnlyList<Need> Needs)
    {
        public static Pair Of(FleetPair pair) => new(
            pair.Object, pair.Target, pair.Verdict is { } verdict ? Words.Of(verdict) : "unreadable", !pair.IsRefused, pair.Text, [.. pair.Needs.Select(Need.Of)]);
    }

    /// <param name="Kind">program_type, attach_type, attach_target, map_type, map_flag, map_field, helper, kernel_function, kernel_variable, kernel_symbol, kernel_configuration, struct_ops, helper_call, license, map_size, byte_order, section_name or variable.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="NeededBy">The program, map or extern.</param>
    /// <param name="Status">missing, different or not_known.</param>
    /// <param name="Effect">none, attaching, loading_unless_configured or loading.</param>
    /// <param name="Message">What is wrong.</param>
    /// <param name="Suggestion">What to do about it.</param>
    internal sealed record Need(string Kind, string Name, string NeededBy, string Status, string Effect, string? Message, string? Suggestion)
    {
        public static Need Of(BpfRequirement need) => new(Words.Of(need.Kind), need.Name, need.NeededBy, Words.Of(need.Status), Words.Of(need.Effect), need.Message, need.Suggestion);
    }
}

/// <summary>The JSON of the document above.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FleetDocument))]
internal sealed partial class FleetJson : JsonSerializerContext;
