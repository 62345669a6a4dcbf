using System.Text.Json.Serialization;
using System.CommandLine;
using P3Ebpf.Linker;

namespace P3Ebpf.Cli.Link;

/// <summary><c>p3ebpf link</c>: one object of several.</summary>
internal sealed class LinkCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf link prog.bpf.o main.bpf.o maps.bpf.o events.bpf.o
        """;

    private readonly Argument<string> _output = new("OUT") { Description = "The object to write." };
    private readonly Argument<string[]> _objects = new("OBJECT") { Description = "The objects to link.", Arity = ArgumentArity.OneOrMore };

    public LinkCommand()
        : base("link", "Link BPF objects into one: sections and symbols, relocations, and their types without repetition.", CommandExamples)
    {
        Arguments.Add(_output);
        Arguments.Add(_objects);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string output = arguments.GetValue(_output)!;
        string[] objects = [.. arguments.GetValue(_objects)!.Select(path => NamedFile.Require(path, "a BPF object"))];
        BpfLinkResult result = BpfLinker.Link(objects, output);
        if (invocation.WantsJson)
        {
            invocation.Write(new LinkDocument(objects, output, result.Data.Length, result.TypeCount, result.Sections, result.Unresolved), LinkJson.Default.LinkDocument);
            return ExitCode.Done;
        }

        invocation.Note($"{output}: {objects.Length} {(objects.Length == 1 ? "object" : "objects")}, {result.Sections.Count} sections, {result.TypeCount} types, {result.Data.Length} bytes");
        if (result.Unresolved.Count != 0)
            invocation.Note($"defined nowhere yet: {string.Join(", ", result.Unresolved)}; link what defines them before loading");
        return ExitCode.Done;
    }
}

/// <summary>The answer of <c>link</c>.</summary>
/// <param name="Objects">What was linked.</param>
/// <param name="Output">Where the result was written.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Types">How many types it has.</param>
/// <param name="Sections">Its sections of code and data.</param>
/// <param name="Unresolved">Symbols that no object defines and that the kernel is not asked for.</param>
internal sealed record LinkDocument(
    IReadOnlyList<string> Objects, string Output, int Bytes, int Types, IReadOnlyList<BpfLinkedSection> Sections, IReadOnlyList<string> Unresolved) : CliDocument;

/// <summary>The JSON of the document above.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LinkDocument))]
internal sealed partial class LinkJson : JsonSerializerContext;
