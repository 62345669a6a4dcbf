#if NET
using System.Buffers;
#endif
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

    /// <summary>An encoding of integers; GCC writes signed and char together, which kernels take for neither (btf_int_check_meta).</summary>
    private const uint SignedChar = 3;

    private const uint Signed = 1;

#if NET
    private static readonly SearchValues<byte> PartsOfNames = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."u8);
#endif

    private readonly BtfSpec _btf;
    private readonly byte[] _bytes;

    /// <summary>Where the strings start.</summary>
    private readonly int _strings;

    /// <summary>Of the names that were respelt the first, and how many there were: they may overlap, and be longer together than the BTF.</summary>
    private string? _firstRespelt;
    private int _respelt;

    private ObjectBtfPreparer(BtfSpec btf)
    {
        _btf = btf;
        _bytes = btf.Data.ToArray();
        _strings = (int)(btf.Header.HeaderLength + btf.Header.StringOffset);
    }

    public static PreparedBtf Prepare(BtfSpec btf, ElfFile elf, ObjectSymbols symbols)
    {
        var preparer = new ObjectBtfPreparer(btf);
        preparer.Prepare(elf, symbols);
        return new PreparedBtf(preparer._bytes, preparer.Warning());
    }

    private string? Warning()
    {
        if (_firstRespelt is null)
            return null;
        string more = _respelt > 1 ? $" and {_respelt - 1} more" : string.Empty;
        return $"its BTF names '{_firstRespelt}'{more}, which the kernel refuses: it is given '_' for each character that C does not allow in names";
    }

    private void Prepare(ElfFile elf, ObjectSymbols symbols)
    {
        RespellNames();
        HideFunctions(symbols.Table);
        foreach (BtfType type in _btf.OwnTypes)
        {
            if (type.Kind == BtfKind.Int && MemoryMarshal.Read<uint>(_bytes.AsSpan((int)type.Offset + HeadLength)) is var coding && coding >> 24 == SignedChar)
                Write(type, HeadLength, (coding & 0x00FF_FFFF) | (Signed << 24));
            if (type.Kind != BtfKind.DataSec)
                continue;
            string name = type.Name.ToString();
            if (name is BpfObjectSections.KernelConfig or BpfObjectSections.KernelSymbols)
                ReplaceExterns(type);
            else if (elf.TryGetSection(name, out ElfSection section))
                PlaceVariables(type, section, symbols.VariablesIn(section.Index));
        }
    }

    /// <summary>
    /// Rust and Zig name types as no C program can. The kernel takes letters, digits and underscores (btf_name_valid_identifier), dots in newer
    /// releases; of integers and sections it takes more. Each other character becomes an underscore in place, so that offsets stay.
    /// </summary>
    private void RespellNames()
    {
        var seen = new HashSet<uint>();
        foreach (BtfType type in _btf.OwnTypes)
        {
            int step = type.Kind switch
            {
                BtfKind.Struct or BtfKind.Union or BtfKind.Enum64 => 12,
                BtfKind.Enum or BtfKind.FuncProto => 8,
                BtfKind.Fwd or BtfKind.Typedef or BtfKind.Func or BtfKind.Var => 0,
                _ => -1,
            };
            if (step < 0)
                continue;
            ReadOnlySpan<byte> record = type.RecordBytes;
            Respell(record, seen);
            for (int at = HeadLength; step > 0 && at < record.Length; at += step)
                Respell(record.Slice(at), seen);
        }
    }

    /// <param name="named">A record or an element, which begins with the offset of its name.</param>
    /// <param name="seen">The names that were respelt already.</param>
    private void Respell(ReadOnlySpan<byte> named, HashSet<uint> seen)
    {
        uint offset = MemoryMarshal.Read<uint>(named);
        int start = _strings + (int)offset;
        ReadOnlySpan<byte> name = _btf.Data.Span.Slice(start);
        if (IsTaken(name) || !seen.Add(offset))
            return;
        name = name.Slice(0, name.IndexOf((byte)0));
        _firstRespelt ??= Utf8Text.Excerpt(name);
        _respelt++;
        for (int i = 0; i < name.Length; i++)
        {
            if (!IsPartOfName(name[i]) || (i == 0 && char.IsAsciiDigit((char)name[i])))
                _bytes[start + i] = (byte)'_';
        }
    }

    /// <param name="name">A name and what follows it; a zero ends it.</param>
    private static bool IsTaken(ReadOnlySpan<byte> name)
    {
#if NET
        int length = name.IndexOfAnyExcept(PartsOfNames);
#else
        int length = 0;
        while (IsPartOfName(name[length]))
            length++;
#endif
        return name[length] == 0 && !char.IsAsciiDigit((char)name[0]);
    }

    private static bool IsPartOfName(byte value) => char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or (byte)'.';

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

    /// <summary>
    /// Hidden functions are verified with their callers, which the kernel does with static ones. Of a name there is one global function, and in objects
    /// that were linked there may be static ones besides.
    /// </summary>
    private void HideFunctions(ElfSymbolTable symbols)
    {
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        foreach (ElfSymbol symbol in symbols)
        {
            if (symbol.Type == ElfSymbolType.Func && symbol.Visibility is ElfSymbolVisibility.Hidden or ElfSymbolVisibility.Internal)
                _ = hidden.Add(symbol.Name);
        }

        if (hidden.Count == 0)
            return;
        foreach (BtfType type in _btf.OwnTypes)
        {
            if (type.Kind == BtfKind.Func && type.Linkage == BtfLinkage.Global && hidden.Contains(type.Name.ToString()))
                Write(type, 4, Info(BtfKind.Func, (uint)BtfLinkage.Static));
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

/// <summary>The types of an object as a kernel takes them.</summary>
/// <param name="Bytes">Raw BTF.</param>
/// <param name="Warning">What had to be changed that somebody may miss; <see langword="null"/> where nothing had.</param>
internal sealed record PreparedBtf(byte[] Bytes, string? Warning);
