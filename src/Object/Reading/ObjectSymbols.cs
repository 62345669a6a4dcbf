
namespace P3Ebpf.Object;

/// <summary>The symbols of an object by the section that they are in.</summary>
internal sealed class ObjectSymbols
{
    private readonly Dictionary<uint, List<ElfSymbol>> _bySection = [];

    /// <exception cref="ElfFormatException">The name of a function or variable is outside the string table. Such names are also looked at when the object
    /// has long been read.</exception>
    public ObjectSymbols(ElfSymbolTable table)
    {
        Table = table;
        foreach (ElfSymbol symbol in table)
        {
            if (symbol.Type is ElfSymbolType.Func or ElfSymbolType.Object)
                _ = symbol.NameBytes;
            uint section = symbol.SectionIndex;
            if (!_bySection.TryGetValue(section, out List<ElfSymbol>? symbols))
                _bySection.Add(section, symbols = []);
            symbols.Add(symbol);
        }
    }

    public ElfSymbolTable Table { get; }

    public IReadOnlyList<ElfSymbol> In(int section) => _bySection.TryGetValue((uint)section, out List<ElfSymbol>? symbols) ? symbols : [];

    /// <summary>The variables of a section by name; of several with one name, the first.</summary>
    public Dictionary<string, ElfSymbol> VariablesIn(int section)
    {
        Dictionary<string, ElfSymbol> variables = new(StringComparer.Ordinal);
        foreach (ElfSymbol symbol in In(section))
        {
            if (symbol.Type == ElfSymbolType.Object)
                _ = variables.TryAdd(symbol.Name, symbol);
        }

        return variables;
    }
}
