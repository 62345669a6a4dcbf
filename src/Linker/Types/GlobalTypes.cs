using P3Ebpf.Btf;

namespace P3Ebpf.Linker;

/// <summary>What the BTF of an object says of a global symbol.</summary>
/// <param name="Type">The variable or function.</param>
/// <param name="Section">The section of BTF that lists it; <see langword="null"/> where none does, or only <c>.extern</c>.</param>
internal readonly record struct GlobalType(BtfType Type, string? Section);

/// <summary>The types of an object's global symbols, by name (<c>find_glob_sym_btf</c> of libbpf).</summary>
internal sealed class GlobalTypes
{
    private readonly Dictionary<BtfString, GlobalType> _types = [];
    private readonly HashSet<BtfString> _names = [];
    private int _longest;

    public GlobalType? Find(BtfString name) => IsNameOfSymbol(name) && _types.TryGetValue(name, out GlobalType found) ? found : null;

    public static GlobalTypes Of(LinkInput input, BtfSpec btf)
    {
        var types = new GlobalTypes();
        foreach (LinkSymbol symbol in input.Symbols)
        {
            if (symbol.IsLocal)
                continue;
            BtfString name = symbol.Name;
            _ = types._names.Add(name);
            types._longest = Math.Max(types._longest, name.Bytes.Length);
        }

        foreach (BtfType type in btf.OwnTypes)
        {
            if (IsGlobal(type) && types.IsNameOfSymbol(type.Name))
                types._types[type.Name] = new GlobalType(type, null);
        }

        foreach (BtfType section in btf.OwnTypes)
        {
            if (section.Kind == BtfKind.DataSec)
                types.AddSection(input, btf, section);
        }

        return types;
    }

    public static bool IsGlobal(BtfType type) => type.Kind is BtfKind.Var or BtfKind.Func && type.Linkage != BtfLinkage.Static;

    /// <summary>Looks at no more of a name than a symbol can have: the names of types may overlap, and be long beyond use.</summary>
    private bool IsNameOfSymbol(BtfString name) => name.Bytes.Length <= _longest && _names.Contains(name);

    private void AddSection(LinkInput input, BtfSpec btf, BtfType section)
    {
        string sectionName = section.Name.ToString();
        foreach (BtfSectionVariable entry in section.SectionVariables)
        {
            BtfType type = btf[entry.TypeId];
            if (!IsGlobal(type) || !IsNameOfSymbol(type.Name))
                continue;
            if (_types[type.Name].Type.Id != type.Id || _types[type.Name].Section is not null)
            {
                throw new BpfLinkException(BpfLinkErrorCode.Malformed, $"it describes '{type.Name}' twice, as type {_types[type.Name].Type.Id} and {type.Id}", input.Name, LinkSection.Btf)
                {
                    Symbol = type.Name.ToString(),
                };
            }

            _types[type.Name] = new GlobalType(type, sectionName == LinkSection.Externs ? null : sectionName);
        }
    }
}
