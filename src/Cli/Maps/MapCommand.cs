using System.Text.Json.Serialization;
using System.CommandLine;
using System.Text.Json;

namespace P3Ebpf.Cli.Maps;

/// <summary>What the commands of <c>p3ebpf map</c> have in common: a map, decoded by its types.</summary>
internal abstract class MapCommand : CliCommand
{
    private readonly Argument<string> _map = new("MAP") { Description = "The map: the path of its pin, its id, or its name." };

    private protected MapCommand(string name, string description, string examples)
        : base(name, description, examples) => Arguments.Add(_map);

    /// <summary>All of them.</summary>
    public static Command Group() => new("map", "Read and write the entries of a map, decoded by its types.")
    {
        new MapDumpCommand(),
        new MapGetCommand(),
        new MapSetCommand(),
        new MapDeleteCommand(),
    };

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        using BpfMap map = NamedMap.Open(arguments.GetRequiredValue(_map));
        BpfMapInfo info = map.GetInfo();
        return Run(map, info, MapTypes.FromKernel(map, info), arguments, invocation);
    }

    private protected abstract int Run(BpfMap map, BpfMapInfo info, MapTypes types, ParseResult arguments, Invocation invocation);

    /// <summary>The key of the command line; empty for maps without keys.</summary>
    /// <exception cref="UsageException">There is one where there must be none, or the other way round.</exception>
    private protected static byte[] KeyOf(BpfMap map, MapTypes types, string? text) => (map.KeySize, text) switch
    {
        (0, null) => [],
        (0, _) => throw new UsageException($"A map of type {Words.Of(map.Type)} has no keys."),
        (_, null) => throw new UsageException($"A map of type {Words.Of(map.Type)} has keys of {map.KeySize} bytes; name one."),
        _ => types.ParseKey(text),
    };

    /// <summary>Buffers are maps without entries.</summary>
    private protected static bool HasEntries(BpfMap map) => map.ValueSize > 0;

    /// <exception cref="CommandException">The map is a buffer.</exception>
    private protected static void RequireEntries(BpfMap map)
    {
        if (!HasEntries(map))
            throw new CommandException("not-supported", $"Map '{map.Name}' is of type {Words.Of(map.Type)}, which has no entries.", "p3ebpf load shows what programs send through it.");
    }

    private protected static CommandException NotThere(BpfMap map, string? key) => new(
        "not-found", key is null ? $"Map '{map.Name}' is empty." : $"There is no key {key} in map '{map.Name}'.", "p3ebpf map dump shows what it holds.");

    private protected static int Answer(BpfMap map, BpfMapInfo info, IReadOnlyList<MapEntry> entries, Invocation invocation)
    {
        invocation.Write(new MapDocument(info.Id, info.Name, Words.Of(map.Type), entries), MapJson.Default.MapDocument);
        return ExitCode.Done;
    }
}

/// <summary><c>p3ebpf map dump</c>.</summary>
internal sealed class MapDumpCommand : MapCommand
{
    private const string CommandExamples = """
          p3ebpf map dump /sys/fs/bpf/lottery/tasks
          p3ebpf map dump task_map --json
        """;

    public MapDumpCommand()
        : base("dump", "Show all entries of a map.", CommandExamples)
    {
    }

    private protected override int Run(BpfMap map, BpfMapInfo info, MapTypes types, ParseResult arguments, Invocation invocation)
    {
        if (map.KeySize == 0)
        {
            throw new CommandException(
                "not-supported", $"Map '{map.Name}' is of type {Words.Of(map.Type)}, which cannot be walked.",
                HasEntries(map) ? "p3ebpf map get shows the next entry of a queue or stack." : "p3ebpf load shows what programs send through it.");
        }

        var entries = new List<MapEntry>();
        foreach (BpfMapEntry entry in map.Entries())
        {
            if (invocation.WantsJson)
                entries.Add(MapEntry.Of(types, entry.Key, entry.Value));
            else
                invocation.Output.WriteLine($"{types.KeyText(entry.Key)}: {types.ValueText(entry.Value)}");
        }

        return invocation.WantsJson ? Answer(map, info, entries, invocation) : ExitCode.Done;
    }
}

/// <summary><c>p3ebpf map get</c>.</summary>
internal sealed class MapGetCommand : MapCommand
{
    private const string CommandExamples = """
          p3ebpf map get task_map 1234
          p3ebpf map get 57 '{ daddr = 1, port = 443 }'
          p3ebpf map get my_queue
              the next entry of a queue or stack, which stays
        """;

    private readonly Argument<string?> _key = new("KEY") { Description = "The key.", Arity = ArgumentArity.ZeroOrOne };

    public MapGetCommand()
        : base("get", "Show one entry of a map.", CommandExamples) => Arguments.Add(_key);

    private protected override int Run(BpfMap map, BpfMapInfo info, MapTypes types, ParseResult arguments, Invocation invocation)
    {
        RequireEntries(map);
        string? text = arguments.GetValue(_key);
        byte[] key = KeyOf(map, types, text);
        byte[] value = new byte[map.EntryValueSize];
        if (!map.TryLookup(key, value))
            throw NotThere(map, text);
        if (invocation.WantsJson)
            return Answer(map, info, [MapEntry.Of(types, key, value)], invocation);
        invocation.Output.WriteLine(types.ValueText(value));
        return ExitCode.Done;
    }
}

/// <summary><c>p3ebpf map set</c>.</summary>
internal sealed class MapSetCommand : MapCommand
{
    private const string CommandExamples = """
          p3ebpf map set limits 3 '{ burst = 10 }'
              what is not mentioned of the value stays as it is
          p3ebpf map set names 3 hex:62617368
          p3ebpf map set my_queue 42
              push
          p3ebpf map set /sys/fs/bpf/tails 0 /sys/fs/bpf/next_program
              a value that is a program or a map: its path, id or name
        """;

    private readonly Argument<string[]> _words = new("KEY VALUE") { Description = "The key, where the map has keys, and the value.", Arity = new ArgumentArity(1, 2) };

    public MapSetCommand()
        : base("set", "Add an entry to a map, or change it. Of a map with a value for each CPU, all get it.", CommandExamples) => Arguments.Add(_words);

    private protected override int Run(BpfMap map, BpfMapInfo info, MapTypes types, ParseResult arguments, Invocation invocation)
    {
        RequireEntries(map);
        string[] words = arguments.GetRequiredValue(_words);
        if (map.KeySize > 0 && words.Length < 2)
            throw new UsageException($"A map of type {Words.Of(map.Type)} takes a key and a value.");
        byte[] key = KeyOf(map, types, words.Length == 2 ? words[0] : null);
        byte[] value = new byte[map.EntryValueSize];
        if (ReferencedObject.KindOf(map.Type) is not null)
        {
            using BpfHandle referenced = ReferencedObject.Open(map.Type, words[^1]);
            map.Update(key, referenced);
            _ = map.TryLookup(key, value);
        }
        else
        {
            if (map.KeySize > 0)
                _ = map.TryLookup(key, value);
            value = types.ParseValue(words[^1], value);
            map.Update(key, value);
        }

        return invocation.WantsJson ? Answer(map, info, [MapEntry.Of(types, key, value)], invocation) : ExitCode.Done;
    }
}

/// <summary><c>p3ebpf map delete</c>.</summary>
internal sealed class MapDeleteCommand : MapCommand
{
    private const string CommandExamples = """
          p3ebpf map delete task_map 1234
          p3ebpf map delete my_queue
              pop
        """;

    private readonly Argument<string?> _key = new("KEY") { Description = "The key.", Arity = ArgumentArity.ZeroOrOne };

    public MapDeleteCommand()
        : base("delete", "Remove an entry from a map; a queue or stack gives its next one.", CommandExamples) => Arguments.Add(_key);

    private protected override int Run(BpfMap map, BpfMapInfo info, MapTypes types, ParseResult arguments, Invocation invocation)
    {
        RequireEntries(map);
        string? text = arguments.GetValue(_key);
        byte[] key = KeyOf(map, types, text);
        byte[] value = new byte[map.EntryValueSize];
        bool wasThere = map.KeySize == 0 ? map.TryLookupAndDelete(key, value) : map.TryLookup(key, value) && map.Delete(key);
        if (!wasThere)
            throw NotThere(map, text);
        if (invocation.WantsJson)
            return Answer(map, info, [MapEntry.Of(types, key, value)], invocation);
        if (map.KeySize == 0)
            invocation.Output.WriteLine(types.ValueText(value));
        return ExitCode.Done;
    }
}

/// <summary>The answer of the commands of <c>map</c>.</summary>
/// <param name="Id">The kernel's number.</param>
/// <param name="Name">The name as the kernel keeps it.</param>
/// <param name="Type">The kernel's name of the type.</param>
/// <param name="Entries">All entries, or the one that was asked for, written or removed.</param>
internal sealed record MapDocument(uint Id, string Name, string Type, IReadOnlyList<MapEntry> Entries) : CliDocument;

/// <param name="Key">The key, decoded; missing for maps without keys.</param>
/// <param name="Value">The value, decoded; missing for maps with one for each CPU.</param>
/// <param name="Values">The values of such maps, by CPU.</param>
internal sealed record MapEntry(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Key,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Value,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<JsonElement>? Values)
{
    public static MapEntry Of(MapTypes types, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        IReadOnlyList<JsonElement> values = types.ValuesJson(value);
        return new(key.IsEmpty ? null : types.KeyJson(key), types.IsPerCpu ? null : values[0], types.IsPerCpu ? values : null);
    }
}

/// <summary>The JSON of the document above.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MapDocument))]
internal sealed partial class MapJson : JsonSerializerContext;
