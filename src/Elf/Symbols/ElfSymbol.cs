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
    public string Name => Utf8Text.Of(NameBytes);

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

/// <summary>What a symbol stands for (lower half of <c>st_info</c>).</summary>
public enum ElfSymbolType : byte
{
    /// <summary>Nothing known (<c>STT_NOTYPE</c>).</summary>
    NoType = 0,

    /// <summary>Data (<c>STT_OBJECT</c>).</summary>
    Object = 1,

    /// <summary>A function (<c>STT_FUNC</c>).</summary>
    Func = 2,

    /// <summary>A section (<c>STT_SECTION</c>).</summary>
    Section = 3,

    /// <summary>The name of a source file (<c>STT_FILE</c>).</summary>
    File = 4,

    /// <summary>Data without a place yet (<c>STT_COMMON</c>).</summary>
    Common = 5,

    /// <summary>Thread-local data (<c>STT_TLS</c>).</summary>
    Tls = 6,

    /// <summary>A function that chooses the function (<c>STT_GNU_IFUNC</c>).</summary>
    GnuIndirectFunction = 10,
}

/// <summary>Who sees a symbol (upper half of <c>st_info</c>).</summary>
public enum ElfSymbolBinding : byte
{
    /// <summary>This file only (<c>STB_LOCAL</c>).</summary>
    Local = 0,

    /// <summary>All files (<c>STB_GLOBAL</c>).</summary>
    Global = 1,

    /// <summary>All files, but yields to a global one (<c>STB_WEAK</c>).</summary>
    Weak = 2,

    /// <summary>Unique in the whole process (<c>STB_GNU_UNIQUE</c>).</summary>
    GnuUnique = 10,
}

/// <summary>How far a global symbol reaches (lower two bits of <c>st_other</c>).</summary>
public enum ElfSymbolVisibility : byte
{
    /// <summary>As its binding says (<c>STV_DEFAULT</c>).</summary>
    Default = 0,

    /// <summary>Reserved for the processor (<c>STV_INTERNAL</c>).</summary>
    Internal = 1,

    /// <summary>Not outside the linked file (<c>STV_HIDDEN</c>).</summary>
    Hidden = 2,

    /// <summary>Visible, but not to be replaced (<c>STV_PROTECTED</c>).</summary>
    Protected = 3,
}

/// <summary>Values of a symbol's section index that name no section (<c>SHN_*</c>).</summary>
public static class ElfSectionIndex
{
    /// <summary>Not defined in this file (<c>SHN_UNDEF</c>).</summary>
    public const uint Undefined = 0;

    /// <summary>The first reserved value (<c>SHN_LORESERVE</c>).</summary>
    public const uint LowReserve = 0xff00;

    /// <summary>A value that is no address (<c>SHN_ABS</c>).</summary>
    public const uint Absolute = 0xfff1;

    /// <summary>A common block that has no place yet (<c>SHN_COMMON</c>).</summary>
    public const uint Common = 0xfff2;

    /// <summary>The index stands elsewhere because it does not fit 16 bits (<c>SHN_XINDEX</c>).</summary>
    public const uint Extended = 0xffff;
}
