
namespace P3Ebpf.Object;

/// <summary>Finds the externs of an object: undefined symbols that BTF declares in <c>.kconfig</c> or <c>.ksyms</c>.</summary>
internal sealed class ExternReader(BtfSpec btf, string? path)
{
    private const string Tristate = "libbpf_tristate";

    /// <summary>The externs in libbpf's order, which decides where the <c>.kconfig</c> values lie.</summary>
    public List<BpfExternSpec> Read(ElfSymbolTable symbols)
    {
        Dictionary<string, (BtfType Type, string Section)> declared = Declared();
        Dictionary<string, BpfExternSpec> externs = new(StringComparer.Ordinal);
        foreach (ElfSymbol symbol in symbols)
        {
            if (symbol.Index == 0 || !symbol.IsUndefined || symbol.Type != ElfSymbolType.NoType
                || symbol.Binding is not (ElfSymbolBinding.Global or ElfSymbolBinding.Weak))
            {
                continue;
            }

            string name = symbol.Name;
            if (!declared.TryGetValue(name, out (BtfType Type, string Section) found))
            {
                throw new BpfObjectFormatException(
                    $"'{name}' is defined nowhere", path,
                    hint: "Link the object that defines it, or declare it extern … __kconfig or __ksym.");
            }

            bool weak = symbol.Binding == ElfSymbolBinding.Weak;
            externs[name] = found.Section == BpfObjectSections.KernelConfig ? ReadConfig(name, found.Type, weak) : ReadSymbol(name, found.Type, weak);
        }

        List<BpfExternSpec> sorted = [.. externs.Values
            .OrderBy(e => e.Kind != BpfExternKind.KernelConfig)
            .ThenByDescending(e => e.Alignment).ThenBy(e => e.Size).ThenBy(e => e.Name, StringComparer.Ordinal)];
        PlaceConfig(sorted);
        return sorted;
    }

    private BpfExternSpec ReadSymbol(string name, BtfType type, bool weak)
    {
        if (type.Kind == BtfKind.Func)
            return new BpfExternSpec(name, BpfExternKind.KernelFunction, type.Id.Value, weak);
        bool typeless = btf.ResolveModifiers(type.TargetId).IsVoid;
        return new BpfExternSpec(name, typeless ? BpfExternKind.SymbolAddress : BpfExternKind.KernelVariable, type.TargetId.Value, weak);
    }

    private BpfExternSpec ReadConfig(string name, BtfType variable, bool weak)
    {
        if (variable.Kind != BtfKind.Var || ConfigTypeOf(btf.ResolveModifiers(variable.TargetId)) is not { } type)
        {
            throw new BpfObjectFormatException(
                $"extern '{name}' has a type that no kernel configuration value has", path, BpfObjectSections.KernelConfig,
                hint: "Declare it bool, char, an integer of 2, 4 or 8 bytes, enum libbpf_tristate, or an array of char.");
        }

        uint size = btf.SizeOf(variable.TargetId);
        if (size > ushort.MaxValue)
            throw new BpfObjectFormatException($"extern '{name}' of {size} bytes is longer than any kernel configuration value", path, BpfObjectSections.KernelConfig);
        return new BpfExternSpec(name, BpfExternKind.KernelConfig, variable.TargetId.Value, weak)
        {
            ConfigType = type,
            IsSigned = btf.ResolveModifiers(variable.TargetId) is { Kind: BtfKind.Int } integer && (integer.Int.Encoding & BtfIntEncoding.Signed) != 0,
            Size = (int)size,
            Alignment = Math.Max(1, btf.AlignmentOf(variable.TargetId)),
        };
    }

    private KernelConfigType? ConfigTypeOf(BtfType type) => type.Kind switch
    {
        BtfKind.Int when (type.Int.Encoding & BtfIntEncoding.Bool) != 0 => type.Size == 1 ? KernelConfigType.Bool : null,
        BtfKind.Int => type.Size switch
        {
            1 => KernelConfigType.Char,
            2 or 4 or 8 => KernelConfigType.Integer,
            _ => null,
        },
        BtfKind.Enum or BtfKind.Enum64 when type.Name.ToString() == Tristate && type.Size is 4 or 8 => KernelConfigType.Tristate,
        BtfKind.Array when type.Array.Length > 0 && ConfigTypeOfElement(type) == KernelConfigType.Char => KernelConfigType.Text,
        _ => null,
    };

    private KernelConfigType? ConfigTypeOfElement(BtfType array) =>
        btf.ResolveModifiers(array.Array.ElementTypeId) is { Kind: BtfKind.Int } element ? ConfigTypeOf(element) : null;

    private void PlaceConfig(IEnumerable<BpfExternSpec> externs)
    {
        long end = 0;
        foreach (BpfExternSpec item in externs.Where(e => e.Kind == BpfExternKind.KernelConfig))
        {
            long offset = (end + item.Alignment - 1) / item.Alignment * item.Alignment;
            end = offset + item.Size;
            if (end > int.MaxValue)
                throw new BpfObjectFormatException("the externs are too many for one map", path, BpfObjectSections.KernelConfig);
            item.ConfigOffset = (int)offset;
        }
    }

    private Dictionary<string, (BtfType Type, string Section)> Declared()
    {
        Dictionary<string, (BtfType Type, string Section)> declared = new(StringComparer.Ordinal);
        foreach (string section in new[] { BpfObjectSections.KernelConfig, BpfObjectSections.KernelSymbols })
        {
            if (!btf.TryFind(section, BtfKind.DataSec, out BtfType dataSec))
                continue;
            foreach (BtfSectionVariable entry in dataSec.SectionVariables)
            {
                BtfType type = btf[entry.TypeId];
                if (type.Kind is BtfKind.Var or BtfKind.Func && type.Linkage == BtfLinkage.Extern)
                    declared[type.Name.ToString()] = (type, section);
            }
        }

        return declared;
    }
}
