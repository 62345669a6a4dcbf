using System.Text;

namespace P3Ebpf.Elf;

/// <summary>One symbol: a view of its table entry.</summary>
public readonly struct ElfSymbol
{
    private readonly ElfSymbolTable _table;

    internal ElfSymbol(ElfSymbolTable table, int index)
    {
        _table = table;
        Index = index;
    }

    /// <summary>Position in the symbol table, counted from 0; symbol 0 is never a real one.</summary>
    public int Index { get; }

    /// <summary>The name; allocates a string at every call. Section symbols have none.</summary>
    /// <exception cref="ElfFormatException">The name is outside the string table.</exception>
    public string Name => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    /// <exception cref="ElfFormatException">The name is outside the string table.</exception>
    public ReadOnlySpan<byte> NameBytes => _table.Strings.GetBytes(NameOffset);

    /// <summary>Offset in its section (relocatable files), or virtual address.</summary>
    public ulong Value => Entries.Word(At(4, 8));

    /// <summary>Size in bytes; 0 if unknown.</summary>
    public ulong Size => Entries.Word(At(8, 16));

    /// <summary>Who sees it.</summary>
    public ElfSymbolBinding Binding => (ElfSymbolBinding)(Entries.Byte(At(12, 4)) >> 4);

    /// <summary>What it stands for.</summary>
    public ElfSymbolType Type => (ElfSymbolType)(Entries.Byte(At(12, 4)) & 15);

    /// <summary>How far it reaches, if global.</summary>
    public ElfSymbolVisibility Visibility => (ElfSymbolVisibility)(Entries.Byte(At(13, 5)) & 3);

    /// <summary>
    /// Index of its section, or a value of <see cref="ElfSectionIndex"/>. In files of more than 65 thousand sections a real index
    /// can equal a reserved value; the <c>Is…</c> properties and <see cref="TryGetSection"/> tell them apart.
    /// </summary>
    public uint SectionIndex => ShortSectionIndex == ElfSectionIndex.Extended ? _table.ExtendedSectionIndex(Index) : ShortSectionIndex;

    /// <summary>Defined elsewhere.</summary>
    public bool IsUndefined => SectionIndex == ElfSectionIndex.Undefined;

    /// <summary>A value that is no address.</summary>
    public bool IsAbsolute => ShortSectionIndex == ElfSectionIndex.Absolute;

    /// <summary>A common block that has no place yet; <see cref="Value"/> is its alignment.</summary>
    public bool IsCommon => ShortSectionIndex == ElfSectionIndex.Common;

    internal uint NameOffset => Entries.UInt32(At(0, 0));

    private ElfRegion Entries => _table.Entries;

    private uint ShortSectionIndex => Entries.UInt16(At(14, 6));

    /// <summary>The section that it is in; false if undefined, reserved, or an index that the file does not have.</summary>
    public bool TryGetSection(out ElfSection section)
    {
        section = default;
        return !IsUndefined
            && ShortSectionIndex is < ElfSectionIndex.LowReserve or ElfSectionIndex.Extended
            && Entries.File.Sections.TryGet(SectionIndex, out section);
    }

    /// <summary>The name, for messages.</summary>
    public override string ToString() => _table is null ? "" : Name;

    private int At(int offset32, int offset64) => Index * _table.EntrySize + (Entries.File.Encoding.Is64 ? offset64 : offset32);
}
