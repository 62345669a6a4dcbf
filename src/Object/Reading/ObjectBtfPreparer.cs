using System.Runtime.InteropServices;

namespace P3Ebpf.Object;

/// <summary>
/// Makes of an object's BTF what the kernel accepts. The compiler leaves sizes and offsets of global variables to the loader, and
/// declares externs in a way that only loaders understand. Only bytes change: every id and every offset of the file stays.
/// </summary>
internal sealed class ObjectBtfPreparer
{
    private const int HeadLength = 12;
    private const int EntryLength = 12;

    private readonly BtfSpec _btf;
    private readonly byte[] _bytes;

    public ObjectBtfPreparer(BtfSpec btf)
    {
        _btf = btf;
        _bytes = btf.Data.ToArray();
    }

    public byte[] Prepare(ElfFile elf, ObjectSymbols symbols)
    {
        HideFunctions(symbols.Table);
        foreach (BtfType type in _btf.OwnTypes)
        {
            if (type.Kind != BtfKind.DataSec)
                continue;
            string name = type.Name.ToString();
            if (name is BpfObjectSections.KernelConfig or BpfObjectSections.KernelSymbols)
                ReplaceExterns(type);
            else if (elf.TryGetSection(name, out ElfSection section))
                PlaceVariables(type, section, symbols.VariablesIn(section.Index));
        }

        return _bytes;
    }

    private void PlaceVariables(BtfType dataSec, ElfSection section, Dictionary<string, ElfSymbol> symbols)
    {
        int count = dataSec.SectionVariables.Count;
        var entries = new BtfSectionVariable[count];
        for (int i = 0; i < count; i++)
        {
            BtfSectionVariable entry = dataSec.SectionVariables[i];
            BtfType variable = _btf[entry.TypeId];
            entries[i] = entry;
            if (variable.Kind != BtfKind.Var || !symbols.TryGetValue(variable.Name.ToString(), out ElfSymbol symbol))
                continue;

            // Of a static variable the compiler knows the place, and objects that were linked may have several of one name.
            if (variable.Linkage != BtfLinkage.Static)
                entries[i] = entry with { Offset = (uint)symbol.Value };
            if (symbol.Visibility is ElfSymbolVisibility.Hidden or ElfSymbolVisibility.Internal)
                Write(variable, HeadLength, (uint)BtfLinkage.Static);
        }

        Array.Sort(entries, (a, b) => a.Offset.CompareTo(b.Offset));
        Write(dataSec, 8, (uint)section.Size);
        for (int i = 0; i < count; i++)
        {
            int at = HeadLength + (i * EntryLength);
            Write(dataSec, at, entries[i].TypeId.Value);
            Write(dataSec, at + 4, entries[i].Offset);
            Write(dataSec, at + 8, entries[i].Size);
        }
    }

    /// <summary>Hidden functions are verified with their callers, which the kernel does with static ones.</summary>
    private void HideFunctions(ElfSymbolTable symbols)
    {
        foreach (ElfSymbol symbol in symbols)
        {
            if (symbol.Type == ElfSymbolType.Func && symbol.Visibility is ElfSymbolVisibility.Hidden or ElfSymbolVisibility.Internal
                && _btf.TryFind(symbol.NameBytes, BtfKind.Func, out BtfType function))
            {
                Write(function, 4, Info(BtfKind.Func, (uint)BtfLinkage.Static));
            }
        }
    }

    /// <summary>
    /// The kernel knows no extern variables and no prototypes without parameter names. Nothing in it looks at them either, so they
    /// become plain types of the same length: integers, typedefs, and a struct of integers for the section.
    /// </summary>
    private void ReplaceExterns(BtfType dataSec)
    {
        uint memberType = 0;
        foreach (BtfSectionVariable entry in dataSec.SectionVariables)
        {
            BtfType type = _btf[entry.TypeId];
            if (type.Kind == BtfKind.Func)
            {
                Write(type, 4, Info(BtfKind.Typedef, 0));
            }
            else if (type.Kind == BtfKind.Var)
            {
                Write(type, 4, Info(BtfKind.Int, 0));
                Write(type, 8, sizeof(uint));
                Write(type, HeadLength, 8 * sizeof(uint));
                memberType = type.Id.Value;
            }
        }

        uint memberSize = sizeof(uint);
        if (memberType == 0)
        {
            foreach (BtfType type in _btf.OwnTypes)
            {
                if (type.Kind != BtfKind.Int)
                    continue;
                memberType = type.Id.Value;
                memberSize = type.Size;
                break;
            }
        }

        uint count = (uint)dataSec.SectionVariables.Count;
        Write(dataSec, 0, 0);
        Write(dataSec, 4, Info(BtfKind.Struct, count));
        Write(dataSec, 8, count * memberSize);
        for (uint i = 0; i < count; i++)
        {
            int at = HeadLength + ((int)i * EntryLength);
            Write(dataSec, at, 0);
            Write(dataSec, at + 4, memberType);
            Write(dataSec, at + 8, i * memberSize * 8);
        }
    }

    private static uint Info(BtfKind kind, uint vlen) => ((uint)kind << 24) | vlen;

    private void Write(BtfType type, int offset, uint value) => MemoryMarshal.Write(_bytes.AsSpan((int)type.Offset + offset), value);
}
