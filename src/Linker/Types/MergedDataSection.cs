using P3Ebpf.Btf;

namespace P3Ebpf.Linker;

/// <summary>A section of variables in the merged types: the variables of all objects, at their places in the linked section.</summary>
/// <param name="name">Its name.</param>
/// <param name="section">The section of the result; none for what the kernel is asked for (<c>.ksyms</c>, <c>.kconfig</c>).</param>
internal sealed class MergedDataSection(string name, LinkedSection? section)
{
    private readonly List<(LinkInput Input, BtfTypeId Type, long Offset, uint Size)> _variables = [];

    public static IEnumerable<MergedDataSection> Of(IEnumerable<LinkInput> inputs, SectionLayout sections, SymbolResolution symbols)
    {
        List<MergedDataSection> order = [];
        Dictionary<string, MergedDataSection> byName = new(StringComparer.Ordinal);
        foreach (LinkInput input in inputs)
        {
            if (input.Btf is null)
                continue;
            foreach (BtfType type in input.Btf.OwnTypes)
            {
                if (type.Kind != BtfKind.DataSec || type.Name.Bytes.Length > NameBudget.MaxLength)
                    continue;
                string name = type.Name.ToString();
                LinkSection? source = input.SectionNamed(name);
                if (name == LinkSection.Externs || (source is not null && sections[source].IsRepeated))
                    continue;
                if (!byName.TryGetValue(name, out MergedDataSection? merged))
                {
                    merged = new MergedDataSection(name, sections.Find(name));
                    byName.Add(name, merged);
                    order.Add(merged);
                }

                foreach (BtfSectionVariable entry in type.SectionVariables)
                    merged.Add(input, source is null ? 0 : sections[source].Offset, entry, symbols);
            }
        }

        return order;
    }

    /// <summary>Adds the section to the merged types.</summary>
    public void AddTo(BtfBuilder builder, MergedTypeIds ids)
    {
        IEnumerable<(LinkInput Input, BtfTypeId Type, long Offset, uint Size)> byOffset = _variables.OrderBy(v => v.Offset);
        _ = builder.AddDataSec(name, (uint)(section?.Size ?? 0), [.. byOffset.Select(v => new BtfSectionVariable(ids[v.Input, v.Type], (uint)v.Offset, v.Size))]);
    }

    private void Add(LinkInput input, long offset, BtfSectionVariable entry, SymbolResolution symbols)
    {
        BtfType type = input.Btf![entry.TypeId];
        if (type.Kind is not (BtfKind.Var or BtfKind.Func))
            throw input.Failure(BpfLinkErrorCode.Malformed, $"the section of variables {name} lists {type}, which is none", LinkSection.Btf, type.IsVoid ? -1 : type.Offset);

        // The compiler knows the places of static variables; of global ones the symbol tells.
        long place = offset + entry.Offset;
        bool isDefined = true;
        if (GlobalTypes.IsGlobal(type))
        {
            LinkedSymbol? symbol = input.GlobalTypes.Find(type.Name) is { } found && found.Type == type ? symbols.Find(type.Name.ToString()) : null;

            // Of a variable that is declared in several objects, or defined weakly, one entry stays. A declaration that nothing uses has no symbol.
            if (symbol?.Declaration is not { } chosen || chosen.Input != input || chosen.Type!.Value.Type != type)
                return;
            if (symbol.Definition is not null && symbol.Section != section)
                throw Misplaced(input, type);
            place = symbol.Value;
            isDefined = symbol.Definition is not null;
        }

        if (section is not null && isDefined && (place > section.Size || entry.Size > section.Size - place))
            throw Misplaced(input, type);
        _variables.Add((input, entry.TypeId, place, entry.Size));
    }

    private BpfLinkException Misplaced(LinkInput input, BtfType type) =>
        input.Failure(BpfLinkErrorCode.Malformed, $"{name} lists '{type.Name}', which does not lie there", LinkSection.Btf, type.Offset);
}
