using System.CommandLine;
using System.Globalization;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect dump</c>: the types as text, C or JSON.</summary>
internal sealed class DumpCommand : CliCommand
{
    private const string Raw = "raw";
    private const string C = "c";
    private const string JsonFormat = "json";

    private const string CommandExamples = """
          p3ebpf btf-inspect dump --format c > vmlinux.h
          p3ebpf btf-inspect dump --name task_struct --name 'union bpf_attr'
          p3ebpf btf-inspect dump nf_conntrack.btf --base vmlinux-6.12.btf --format c
        """;

    private readonly Argument<string?> _file = BtfSource.File();
    private readonly Option<string?> _base = BtfSource.Base();

    private readonly Option<string?> _format = new("--format")
    {
        HelpName = "raw|c|json",
        Description = "bpftool's text (default), C declarations that compile, or bpftool's JSON (default with --json).",
    };

    private readonly Option<uint[]> _ids = new("--id")
    {
        HelpName = "N",
        Description = "Only the type with this id; may be repeated.",
        CustomParser = result => [.. result.Tokens.Select(token =>
        {
            if (!uint.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
                result.AddError($"--id takes the number of a type, not '{token.Value}'.");
            return id;
        })],
    };

    private readonly Option<string[]> _names = new("--name")
    {
        HelpName = "NAME",
        Description = "Only the types with this name, or 'struct NAME'; may be repeated. C comes with what they depend on.",
    };

    public DumpCommand()
        : base("dump", "Print the types of a BTF: all of them, or some by id or name.", CommandExamples)
    {
        Arguments.Add(_file);
        Options.Add(_base);
        Options.Add(_format);
        _format.CompletionSources.Add(Raw, C, JsonFormat);
        _format.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not (Raw or C or JsonFormat) } token])
                result.AddError($"--format takes {Raw}, {C} or {JsonFormat}, not '{token.Value}'.");
        });
        Options.Add(_ids);
        Options.Add(_names);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string format = arguments.GetValue(_format) ?? (invocation.WantsJson ? JsonFormat : Raw);
        if (invocation.WantsJson && format != JsonFormat)
            throw new UsageException($"--json and --format {format} do not go together.");

        BtfSpec spec = BtfSource.Read(arguments.GetValue(_file), arguments.GetValue(_base));
        uint[] ids = arguments.GetValue(_ids) ?? [];
        string[] names = arguments.GetValue(_names) ?? [];
        List<BtfTypeId>? chosen = ids.Length + names.Length == 0 ? null : Choose(spec, ids, names);
        invocation.Write(output =>
        {
            switch (format)
            {
                case C:
                    BtfCPrinter.Write(spec, output, chosen);
                    break;
                case JsonFormat:
                    BtfJsonPrinter.Write(spec, output, chosen);
                    break;
                default:
                    BtfRawPrinter.Write(spec, output, chosen);
                    break;
            }
        });
        return invocation.ExitCode;
    }

    private static List<BtfTypeId> Choose(BtfSpec spec, uint[] ids, string[] names)
    {
        List<BtfTypeId> chosen = [];
        foreach (uint id in ids)
        {
            if (id == 0 || id >= spec.TypeCount)
                throw new CommandException("no-such-type", $"{spec.Source}: there is no type [{id}].", $"The ids go from 1 to {spec.TypeCount - 1}.");
            chosen.Add(new BtfTypeId(id));
        }

        foreach (string name in names)
            chosen.AddRange(TypeQuery.Parse(name).FindIn(spec).Select(type => type.Id));
        return [.. chosen.Distinct()];
    }
}
