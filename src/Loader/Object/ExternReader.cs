using P3Ebpf.Btf;
using P3Ebpf.Elf;

namespace P3Ebpf.Loader;

/// <summary>Finds the externs of an object: undefined symbols that BTF declares in <c>.kconfig</c> or <c>.ksyms</c>.</summary>
internal sealed class ExternReader(BtfSpec btf, string? path)
{
    public List<BpfExternSpec> Read(ElfSymbolTable symbols)
    {
        Dictionary<string, (BtfType Type, string Section)> declared = Declared();
        var externs = new List<BpfExternSpec>();
        int configEnd = 0;
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
            if (found.Type.Kind == BtfKind.Func)
            {
                externs.Add(new BpfExternSpec(name, BpfExternKind.KernelFunction, found.Type.Id.Value, weak));
                continue;
            }

            BtfTypeId typeId = found.Type.TargetId;
            if (found.Section == BpfObjectSections.KernelConfig)
            {
                int alignment = Math.Max(1, btf.AlignmentOf(typeId));
                int size = checked((int)btf.SizeOf(typeId));
                int offset = (configEnd + alignment - 1) / alignment * alignment;
                configEnd = checked(offset + size);
                externs.Add(new BpfExternSpec(name, BpfExternKind.KernelConfig, typeId.Value, weak) { ConfigOffset = offset, Size = size });
            }
            else
            {
                bool typeless = btf.ResolveModifiers(typeId).IsVoid;
                externs.Add(new BpfExternSpec(name, typeless ? BpfExternKind.SymbolAddress : BpfExternKind.KernelVariable, typeId.Value, weak));
            }
        }

        return externs;
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
