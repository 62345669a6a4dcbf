using P3Ebpf.Elf;

namespace P3Ebpf.Linker;

/// <summary>The symbols of the result: local ones as they are, global ones by name, with one definition each.</summary>
/// <remarks>
/// Rules: <c>linker_append_elf_sym</c> of libbpf; and where that depends on the order of the files, those of ELF linkers. A strong
/// definition beats weak ones, of weak ones the first counts, and all declarations must agree with it.
/// </remarks>
internal sealed class SymbolResolution
{
    private readonly SectionLayout _sections;
    private readonly Dictionary<LinkInput, LinkedSymbol?[]> _byInput = [];
    private readonly Dictionary<LinkedSection, LinkedSymbol> _sectionSymbols = [];
    private readonly List<LinkedSymbol> _locals = [];
    private readonly Dictionary<string, LinkedSymbol> _globals = new(StringComparer.Ordinal);
    private readonly List<LinkedSymbol> _globalsInOrder = [];

    private SymbolResolution(SectionLayout sections) => _sections = sections;

    public IReadOnlyList<LinkedSymbol> Locals => _locals;

    /// <summary>The global symbols, in the order in which the objects mention them.</summary>
    public IReadOnlyList<LinkedSymbol> Globals => _globalsInOrder;

    public static SymbolResolution Of(IReadOnlyList<LinkInput> inputs, SectionLayout sections)
    {
        var resolution = new SymbolResolution(sections);
        Dictionary<string, List<GlobalSymbol>> globals = new(StringComparer.Ordinal);
        List<string> order = [];
        foreach (LinkInput input in inputs)
        {
            var linked = new LinkedSymbol?[input.Symbols.Count];
            resolution._byInput.Add(input, linked);
            for (int i = 1; i < linked.Length; i++)
            {
                LinkSymbol symbol = input.Symbols[i];
                if (!resolution.IsGlobal(input, symbol))
                {
                    linked[i] = resolution.AddLocal(input, symbol);
                    continue;
                }

                if (!globals.TryGetValue(symbol.Name, out List<GlobalSymbol>? candidates))
                {
                    globals.Add(symbol.Name, candidates = []);
                    order.Add(symbol.Name);
                }

                candidates.Add(new GlobalSymbol(input, symbol, input.GlobalTypes.Find(symbol.Name)));
            }
        }

        foreach (string name in order)
            resolution.Resolve(name, globals[name]);
        return resolution;
    }

    /// <summary>What a symbol of an object became; <see langword="null"/> where it is of a section that was dropped.</summary>
    public LinkedSymbol? Of(LinkInput input, uint index) => _byInput[input][index];

    /// <summary>The global symbol of this name.</summary>
    public LinkedSymbol? Find(string name) => _globals.GetValueOrDefault(name);

    private bool IsGlobal(LinkInput input, LinkSymbol symbol) =>
        !symbol.IsLocal && (symbol.IsExtern || input.SectionAt(symbol.SectionIndex) is { } section && section.Name != LinkSection.JumpTables && !_sections[section].IsRepeated);

    private LinkedSymbol? AddLocal(LinkInput input, LinkSymbol symbol)
    {
        LinkedSymbol added;
        if (symbol.IsAbsolute)
        {
            added = new LinkedSymbol(symbol.Name) { Type = symbol.Type, IsAbsolute = true, Value = symbol.Value, Size = symbol.Size };
        }
        else
        {
            if (input.SectionAt(symbol.SectionIndex) is not { } section)
                return null;
            SectionPlace place = _sections[section];
            if (symbol.Type == ElfSymbolType.Section)
                return SectionSymbolOf(place.Section);
            if (place.IsRepeated)
                return null;
            added = new LinkedSymbol(symbol.Name)
            {
                Type = symbol.Type,
                Visibility = symbol.Visibility,
                Section = place.Section,
                Value = place.Offset + symbol.Value,
                Size = symbol.Size,
            };
        }

        _locals.Add(added);
        return added;
    }

    private LinkedSymbol SectionSymbolOf(LinkedSection section)
    {
        if (!_sectionSymbols.TryGetValue(section, out LinkedSymbol? symbol))
        {
            symbol = new LinkedSymbol(string.Empty) { Type = ElfSymbolType.Section, Section = section };
            _sectionSymbols.Add(section, symbol);
            _locals.Add(symbol);
        }

        return symbol;
    }

    private void Resolve(string name, List<GlobalSymbol> candidates)
    {
        GlobalSymbol chosen = Choose(name, candidates);
        foreach (GlobalSymbol candidate in candidates)
        {
            if (candidate.Symbol.IsExtern && candidate.Type is null)
                throw Failure(BpfLinkErrorCode.MissingTypes, candidate, chosen, $"BTF does not describe '{name}', which it declares", "Compile with -g, and do not strip .BTF.");
            if (candidate != chosen)
                CheckAgreement(candidate, chosen);
        }

        LinkSymbol symbol = chosen.Symbol;
        SectionPlace? place = symbol.IsExtern ? null : _sections[chosen.Input.SectionAt(symbol.SectionIndex)!];
        var linked = new LinkedSymbol(name)
        {
            Type = symbol.Type,
            Binding = symbol.IsExtern && candidates.Exists(c => c.Symbol.Binding == ElfSymbolBinding.Global) ? ElfSymbolBinding.Global : symbol.Binding,
            Visibility = candidates.Select(c => c.Symbol.Visibility).MinBy(Reach),
            Section = place?.Section,
            Value = (place?.Offset ?? 0) + symbol.Value,
            Size = symbol.Size,
            Declaration = chosen,
        };
        _globals.Add(name, linked);
        _globalsInOrder.Add(linked);
        foreach (GlobalSymbol candidate in candidates)
            _byInput[candidate.Input][candidate.Symbol.Index] = linked;
    }

    private static GlobalSymbol Choose(string name, List<GlobalSymbol> candidates)
    {
        GlobalSymbol? strong = null;
        foreach (GlobalSymbol candidate in candidates)
        {
            if (candidate.Symbol.IsExtern || candidate.Symbol.Binding != ElfSymbolBinding.Global)
                continue;
            if (strong is not null)
            {
                throw Failure(
                    BpfLinkErrorCode.DuplicateSymbol, candidate, strong, $"it defines '{name}', and so does {strong.Input.Name}",
                    "Rename one of them, make it static, or declare it __weak so that it yields.");
            }

            strong = candidate;
        }

        // Of declarations, one that says where the kernel has the symbol is worth more than one that does not.
        return strong
            ?? candidates.Find(c => !c.Symbol.IsExtern)
            ?? candidates.Find(c => c.Type?.Section is not null)
            ?? candidates[0];
    }

    private static void CheckAgreement(GlobalSymbol candidate, GlobalSymbol chosen)
    {
        string name = candidate.Symbol.Name;
        if (candidate.Type is not { } left || chosen.Type is not { } right)
        {
            GlobalSymbol unknown = candidate.Type is null ? candidate : chosen;
            throw Failure(
                BpfLinkErrorCode.MissingTypes, unknown, unknown == chosen ? candidate : chosen, $"BTF does not describe '{name}', so that it cannot be compared with that of another file",
                "Compile with -g, and do not strip .BTF.");
        }

        string? home = chosen.Symbol.IsExtern ? right.Section : chosen.Input.SectionAt(chosen.Symbol.SectionIndex)!.Name;
        if (candidate.Symbol.IsExtern && left.Section is not null && left.Section != home)
        {
            throw Failure(
                BpfLinkErrorCode.SectionMismatch, candidate, chosen, $"'{name}' is declared to be in {left.Section}, but {chosen.Input.Name} has it in {home}",
                "Declare it as it is defined; __ksym and __kconfig are for what the kernel has.");
        }

        string? difference = left.Section == LinkSection.Maps && right.Section == LinkSection.Maps
            ? MapDefinitions.Difference(left.Type, right.Type)
            : TypeAgreement.Difference(left.Type, right.Type);
        if (difference is not null)
        {
            throw Failure(
                BpfLinkErrorCode.TypeMismatch, candidate, chosen, $"'{name}' is not what {chosen.Input.Name} has under that name: {difference}",
                "Put the declaration into a header that both files include.");
        }
    }

    /// <summary>Visibility from the narrowest on: what one file restricts is restricted.</summary>
    private static int Reach(ElfSymbolVisibility visibility) => visibility == ElfSymbolVisibility.Default ? int.MaxValue : (int)visibility;

    private static BpfLinkException Failure(BpfLinkErrorCode code, GlobalSymbol at, GlobalSymbol other, string problem, string hint)
    {
        LinkSection? section = at.Input.SectionAt(at.Symbol.SectionIndex);
        return new BpfLinkException(code, problem, at.Input.Name, section?.Name, section is null ? -1 : at.Symbol.Value, hint)
        {
            OtherFile = at == other ? null : other.Input.Name,
            Symbol = at.Symbol.Name,
        };
    }
}
