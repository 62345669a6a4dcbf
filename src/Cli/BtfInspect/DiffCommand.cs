using System.CommandLine;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary><c>p3ebpf btf-inspect diff</c>: what changed between two kernels.</summary>
internal sealed class DiffCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf btf-inspect diff vmlinux-5.10.btf vmlinux-6.12.btf --name task_struct
          p3ebpf btf-inspect diff vmlinux-6.12.btf /sys/kernel/btf/vmlinux
          p3ebpf btf-inspect diff vmlinux-6.1.btf vmlinux-6.12.btf --html changes.html
        """;

    private readonly Argument<string> _old = new("OLD") { Description = "The older BTF, raw or in an ELF file." };
    private readonly Argument<string> _new = new("NEW") { Description = "The newer one." };

    private readonly Option<string[]> _names = new("--name")
    {
        HelpName = "NAME",
        Description = "Only the types with this name, or 'struct NAME'; may be repeated.",
    };

    private readonly Option<string?> _html = new("--html") { HelpName = "FILE", Description = "Write a page with all differences, kind by kind." };

    public DiffCommand()
        : base("diff", "Say what changed between two BTFs: types, their fields, values and prototypes that were added, removed, renamed, moved, resized or retyped.", CommandExamples)
    {
        Arguments.Add(_old);
        Arguments.Add(_new);
        Options.Add(_names);
        Options.Add(_html);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        BtfSpec old = BtfSource.Read(arguments.GetRequiredValue(_old));
        BtfSpec now = BtfSource.Read(arguments.GetRequiredValue(_new));
        TypeQuery[] queries = [.. (arguments.GetValue(_names) ?? []).Select(TypeQuery.Parse).Distinct()];
        IReadOnlyList<BtfTypeDifference> differences;
        using (invocation.Begin($"comparing {old.Source} with {now.Source}"))
        {
            differences = queries.Length == 0
                ? BtfComparison.Compare(old, now).Differences
                : [.. queries.SelectMany(query => Compare(query, old, now))];
        }

        if (arguments.GetValue(_html) is { } page)
            NamedFile.Write(page, DiffPage.Of(old.Source!, now.Source!, differences));
        if (invocation.WantsJson)
            invocation.Write(DiffDocument.From(old.Source!, now.Source!, differences), BtfInspectJson.Default.DiffDocument);
        else
            DiffReport.Write(invocation.Output, differences);
        return ExitCode.Done;
    }

    private static BtfTypeDifference[] Compare(TypeQuery query, BtfSpec old, BtfSpec now)
    {
        BtfTypeDifference[] found = [.. BtfComparison.Compare(old, now, [query.Name]).Differences.Where(difference => query.Admits(difference.New ?? difference.Old!.Value))];
        return found.Length > 0 || query.IsIn(old) || query.IsIn(now) ? found : throw query.NotFound(now, old);
    }
}
