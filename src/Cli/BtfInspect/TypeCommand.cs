using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect type</c>: how a type lies in memory.</summary>
internal sealed class TypeCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf btf-inspect type task_struct
          p3ebpf btf-inspect type 'struct list_head' --btf vmlinux-5.10.btf
        """;

    private readonly Argument<string> _name = new("NAME") { Description = "The type's name; 'struct NAME', 'union NAME', 'enum NAME' or 'typedef NAME' for one kind only." };
    private readonly Option<string?> _btf = new("--btf") { HelpName = "FILE", Description = "BTF, raw or in an ELF file. Default: the running kernel's." };
    private readonly Option<string?> _base = BtfSource.Base();

    public TypeCommand()
        : base("type", "Show the layout of a type: offsets, sizes, holes, bitfields, cache lines. Of other types than structs and unions, the declaration.", CommandExamples)
    {
        Arguments.Add(_name);
        Options.Add(_btf);
        Options.Add(_base);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        BtfSpec spec = BtfSource.Read(arguments.GetValue(_btf), arguments.GetValue(_base));
        BtfType[] types = Arrange(TypeQuery.Parse(arguments.GetRequiredValue(_name)).FindIn(spec));
        if (invocation.WantsJson)
        {
            invocation.Write(new TypeDocument(spec.Source!, [.. types.Select(TypeDocument.Entry.From)]), BtfInspectJson.Default.TypeDocument);
            return ExitCode.Done;
        }

        foreach (BtfType type in types)
        {
            if (type.Id != types[0].Id)
                invocation.Output.WriteLine();
            if (types.Length > 1)
                invocation.Output.WriteLine($"/* type {type.Id} */");
            foreach (string line in BtfLayoutPrinter.ToLines(type))
                invocation.Output.WriteLine(line);
        }

        return ExitCode.Done;
    }

    /// <summary>Structs and unions first; declarations of them only where there is nothing else.</summary>
    private static BtfType[] Arrange(IReadOnlyList<BtfType> types)
    {
        BtfType[] whole = [.. types.Where(type => type.Kind != BtfKind.Fwd).OrderByDescending(type => type.IsComposite)];
        return whole.Length > 0 ? whole : [.. types];
    }
}
