using System.Text.Json.Serialization;
using System.CommandLine;
using System.Text;
using P3Ebpf.Bindings;

namespace P3Ebpf.Cli.Gen;

/// <summary><c>p3ebpf gen</c>: the C# of an object.</summary>
internal sealed class GenCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf gen hello.bpf.o --namespace Hello -o Hello.g.cs
        """;

    private readonly Argument<string> _object = new("OBJECT") { Description = "The BPF object." };
    private readonly Option<string> _namespace = new("--namespace") { HelpName = "NAME", Description = "The namespace of the class; none unless given." };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "FILE", Description = "The file to write; standard output unless given." };

    public GenCommand()
        : base("gen", "Print C# for an object, as P3Ebpf.Build generates it: a class that holds it, with its maps, programs, variables and types.", CommandExamples)
    {
        Arguments.Add(_object);
        Options.Add(_namespace);
        Options.Add(_output);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string path = NamedFile.Require(arguments.GetValue(_object)!, "a BPF object");
        string? space = arguments.GetValue(_namespace);
        if (space is not null && !BpfBindingsOptions.IsNamespace(space))
            throw new CommandException("bad-namespace", $"'{space}' is no namespace of C#.", "It is words of letters, digits and underscores, with dots between.");

        BpfObjectSpec spec = BpfObjectSpec.Read(path);
        string code = BpfBindings.Generate(spec, File.ReadAllBytes(path), new BpfBindingsOptions { Namespace = space, FileName = Path.GetFileName(path) });
        string? output = arguments.GetValue(_output);
        if (output is not null)
            NamedFile.Write(output, Encoding.UTF8.GetBytes(code));
        if (invocation.WantsJson)
            invocation.Write(new GenDocument(path, output, output is null ? code : null), GenJson.Default.GenDocument);
        else if (output is null)
            invocation.Output.WriteLines(code.TrimEnd('\n'));
        else
            invocation.Note($"{output}: {spec.Maps.Count} maps, {spec.Programs.Count} programs, {spec.Variables.Count} variables");
        return ExitCode.Done;
    }
}

/// <summary>The answer of <c>gen</c>.</summary>
/// <param name="Object">The object.</param>
/// <param name="Output">The file that was written, or none.</param>
/// <param name="Code">The C#, where no file was to be written.</param>
internal sealed record GenDocument(string Object, string? Output, string? Code) : CliDocument;

/// <summary>The JSON of the document above.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GenDocument))]
internal sealed partial class GenJson : JsonSerializerContext;
