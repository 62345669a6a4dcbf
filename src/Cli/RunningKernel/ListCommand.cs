using System.Text.Json.Serialization;
using System.CommandLine;
using System.Globalization;

namespace P3Ebpf.Cli.RunningKernel;

/// <summary><c>p3ebpf list</c>: what is in the kernel, by whom, attached where.</summary>
internal sealed class ListCommand : CliCommand
{
    private const string CommandExamples = """
          p3ebpf list
          p3ebpf list link
              what is attached where
          p3ebpf list prog --json
        """;

    private readonly Argument<string?> _kind = new("KIND") { HelpName = "prog|map|link|btf|struct_ops", Description = "What to list. Default: everything.", Arity = ArgumentArity.ZeroOrOne };

    public ListCommand()
        : base("list", "Show what is in the kernel: programs, maps, links, BTF and struct_ops, with who holds it, where it is pinned and attached.", CommandExamples)
    {
        _ = _kind.AcceptOnlyFromAmong("prog", "map", "link", "btf", "struct_ops");
        Arguments.Add(_kind);
    }

    /// <inheritdoc/>
    protected override int Run(ParseResult arguments, Invocation invocation)
    {
        string? kind = arguments.GetValue(_kind);
        var inventory = new KernelInventory();
        var document = new ListDocument(
            kind is null or "prog" ? inventory.Programs() : null,
            kind is null or "map" ? inventory.Maps() : null,
            kind is null or "link" ? inventory.Links() : null,
            kind is null or "btf" ? inventory.Btf() : null,
            kind is null or "struct_ops" ? inventory.StructOps() : null);
        if (invocation.WantsJson)
            invocation.Write(document, RunningKernelJson.Default.ListDocument);
        else
            Write(document, invocation.Output);
        return ExitCode.Done;
    }

    private static void Write(ListDocument document, LineWriter output)
    {
        int sections = 0;
        if (document.Programs is { } programs)
        {
            TextTable table = Begin(">PROG", "TYPE", "NAME", "ATTACHED TO", "HELD BY");
            foreach (ListedProgram program in programs)
                table.Add(Number(program.Id), program.Type, program.Name, Places(program.Links), Keepers(program.HeldBy, program.Pins));
            table.Write(output);
        }

        if (document.Maps is { } maps)
        {
            TextTable table = Begin(">MAP", "TYPE", "NAME", ">KEY", ">VALUE", ">MAXIMUM", "USED BY", "HELD BY");
            foreach (ListedMap map in maps)
            {
                string users = map.ProgramIds.Count == 0 ? "-" : $"prog {string.Join(", ", map.ProgramIds)}";
                table.Add(Number(map.Id), map.Type, map.Name, Number(map.KeySize), Number(map.ValueSize), Number(map.MaxEntries), users, Keepers(map.HeldBy, map.Pins));
            }

            table.Write(output);
        }

        if (document.Links is { } links)
        {
            TextTable table = Begin(">LINK", "TYPE", "OF", "WHERE", "HELD BY");
            foreach (ListedLink link in links)
                table.Add(Number(link.Id), link.Type, link.ProgramId is { } program ? $"prog {program}" : $"map {link.MapId}", Where(link), Keepers(link.HeldBy, link.Pins));
            table.Write(output);
        }

        if (document.Btf is { } types)
        {
            TextTable table = Begin(">BTF", "NAME", ">BYTES", "HELD BY");
            foreach (ListedBtf btf in types)
                table.Add(Number(btf.Id), btf.Name.Length == 0 ? "-" : btf.Name, Number(btf.Bytes), Keepers(btf.HeldBy, []));
            table.Write(output);
        }

        if (document.StructOps is { } structOps)
        {
            TextTable table = Begin(">MAP", "STRUCT_OPS", "NAME", "STATE", "LINK", "HELD BY");
            foreach (ListedStructOps each in structOps)
                table.Add(Number(each.MapId), each.Type, each.Name, each.State, each.LinkId is { } link ? Number(link) : "-", Keepers(each.HeldBy, each.Pins));
            table.Write(output);
        }

        TextTable Begin(params ReadOnlySpan<string> headings)
        {
            if (sections++ > 0)
                output.WriteLine();
            return new TextTable(headings);
        }
    }

    private static string Places(IReadOnlyList<ListedLink> links) => links.Count == 0 ? "-" : string.Join("; ", links.Select(Where));

    private static string Where(ListedLink link) => (link.AttachType, link.Place) switch
    {
        (null, "") => "-",
        (null, var place) => place,
        ({ } type, "") => type,
        ({ } type, var place) => $"{place} ({type})",
    };

    private static string Keepers(IReadOnlyList<Holder> holders, IReadOnlyList<string> pins) =>
        holders.Count + pins.Count == 0 ? "-" : string.Join(", ", holders.Select(holder => $"{holder.Command} ({holder.Pid})").Concat(pins));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The answer of <c>list --json</c>: the kinds that were asked for.</summary>
internal sealed record ListDocument(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ListedProgram>? Programs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ListedMap>? Maps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ListedLink>? Links,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ListedBtf>? Btf,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ListedStructOps>? StructOps) : CliDocument;
