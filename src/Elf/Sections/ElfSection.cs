namespace P3Ebpf.Elf;

/// <summary>
/// One section: a view of its header. Its bytes are read when asked for, and checked then.
/// The default value stands for no section and has no properties.
/// </summary>
public readonly struct ElfSection
{
    private readonly ElfFile _file;
    private readonly ElfRegion _headers;
    private readonly int _header;

    internal ElfSection(ElfFile file, ElfRegion headers, int index)
    {
        _file = file;
        _headers = headers;
        _header = index * file.Encoding.SectionHeaderSize;
    }

    /// <summary>Position in the section header table, counted from 0; section 0 is never a real one.</summary>
    public int Index => _header / _file.Encoding.SectionHeaderSize;

    /// <summary>The name; allocates a string at every call.</summary>
    public string Name => Utf8Text.Of(NameBytes);

    /// <summary>The name's bytes, without terminator.</summary>
    public ReadOnlySpan<byte> NameBytes => _file.SectionNames is { } names ? names.GetBytes(NameOffset) : default;

    /// <summary>What the section holds.</summary>
    public ElfSectionType Type => (ElfSectionType)_headers.UInt32(_header + 4);

    /// <summary>Attributes.</summary>
    public ElfSectionFlags Flags => (ElfSectionFlags)_headers.Word(_header + 8);

    /// <summary>Virtual address at run time; 0 where the section takes no memory, and in relocatable files.</summary>
    public ulong Address => Word(1);

    /// <summary>Byte offset in the file, as its header states it.</summary>
    public ulong Offset => Word(2);

    /// <summary>Size in bytes, as its header states it: in the file, or for <see cref="ElfSectionType.NoBits"/> in memory.</summary>
    public ulong Size => Word(3);

    /// <summary>Index of a section that this one refers to: for symbols their strings, for relocations their symbols.</summary>
    public uint Link => _headers.UInt32(_header + 8 + 4 * _file.Encoding.WordSize);

    /// <summary>Depends on the type: for relocations the index of the section they change.</summary>
    public uint Info => _headers.UInt32(_header + 12 + 4 * _file.Encoding.WordSize);

    /// <summary>Alignment of the address in bytes; 0 and 1 mean none.</summary>
    public ulong Alignment => _headers.Word(_header + 16 + 4 * _file.Encoding.WordSize);

    /// <summary>Size of an entry in bytes, for sections that are tables; else 0.</summary>
    public ulong EntrySize => _headers.Word(_header + 16 + 5 * _file.Encoding.WordSize);

    /// <summary>The section of names has none yet while it is looked for.</summary>
    private string? NameForErrors => _file.SectionNames is null ? null : Name;

    internal uint NameOffset => _headers.UInt32(_header);

    /// <summary>
    /// The bytes as they stand in the file; none for <see cref="ElfSectionType.NoBits"/> and <see cref="ElfSectionType.Null"/>.
    /// From memory this is a slice, not a copy.
    /// </summary>
    /// <exception cref="ElfFormatException">
    /// The section is not inside the file, or larger than <see cref="ElfReadLimits.MaxSectionSize"/>.
    /// </exception>
    public ReadOnlyMemory<byte> ReadData() => ReadRegion().Bytes;

    /// <summary>
    /// The content: as <see cref="ReadData"/>, but decompressed where the section has <see cref="ElfSectionFlags.Compressed"/>.
    /// </summary>
    /// <exception cref="ElfFormatException">
    /// As for <see cref="ReadData"/>; or the compressed data is damaged, compressed by anything but zlib, or larger than
    /// <see cref="ElfReadLimits.MaxDecompressedSize"/>.
    /// </exception>
    public ReadOnlyMemory<byte> ReadDecompressed() => ReadContent().Bytes;

    /// <summary>
    /// The symbols of a section of type <see cref="ElfSectionType.SymbolTable"/> or
    /// <see cref="ElfSectionType.DynamicSymbolTable"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The section is of another type.</exception>
    /// <exception cref="ElfFormatException">The table, or its string table, is malformed.</exception>
    public ElfSymbolTable ReadSymbols()
    {
        Require(Type is ElfSectionType.SymbolTable or ElfSectionType.DynamicSymbolTable, "symbols");
        return new ElfSymbolTable(ReadTable(_file.Encoding.SymbolSize), ReadLinkedStrings(), ReadExtendedSectionIndices());
    }

    /// <summary>The relocations of a section of type <see cref="ElfSectionType.Rel"/> or <see cref="ElfSectionType.Rela"/>.</summary>
    /// <exception cref="InvalidOperationException">The section is of another type.</exception>
    /// <exception cref="ElfFormatException">The table is malformed.</exception>
    public ElfRelocationTable ReadRelocations()
    {
        bool hasAddends = Type == ElfSectionType.Rela;
        Require(hasAddends || Type == ElfSectionType.Rel, "relocations");
        return new ElfRelocationTable(ReadTable(ElfRelocationTable.EntrySize(_file.Encoding, hasAddends)), hasAddends);
    }

    /// <summary>The notes of a section of type <see cref="ElfSectionType.Note"/>.</summary>
    /// <exception cref="InvalidOperationException">The section is of another type.</exception>
    /// <exception cref="ElfFormatException">
    /// The section is not inside the file. Malformed notes are reported when they are reached.
    /// </exception>
    public ElfNotes ReadNotes()
    {
        Require(Type == ElfSectionType.Note, "notes");
        return new ElfNotes(ReadContent(), Alignment);
    }

    /// <summary>The name and the index, for messages.</summary>
    public override string ToString() => _file is null ? "" : $"[{Index}] {Name}";

    internal ElfRegion ReadRegion()
    {
        bool hasBytes = Type is not (ElfSectionType.NoBits or ElfSectionType.Null);
        return _file.ReadRegion(ElfErrorCode.SectionOutOfRange, NameForErrors, Offset, hasBytes ? Size : 0);
    }

    internal ElfRegion ReadContent() =>
        (Flags & ElfSectionFlags.Compressed) == 0 ? ReadRegion() : ZlibSection.Decompress(ReadRegion(), _file.Limits.MaxDecompressedSize);

    /// <summary>The string table that <see cref="Link"/> names.</summary>
    internal ElfStringTable ReadLinkedStrings()
    {
        if (!_file.Sections.TryGet(Link, out ElfSection strings))
            throw HeaderError(ElfErrorCode.BadSectionIndex,
                $"its strings are said to be in section {Link}, but there are only {_file.Sections.Count} sections. {ElfFile.Rebuild}");
        return strings.ReadStrings();
    }

    internal ElfStringTable ReadStrings()
    {
        if (Type != ElfSectionType.StringTable)
            throw HeaderError(ElfErrorCode.NotAStringTable,
                $"section {Index} is referred to as string table, but its type is {Type}. {ElfFile.Rebuild}");
        return new ElfStringTable(ReadContent());
    }

    private ulong Word(int index) => _headers.Word(_header + 8 + index * _file.Encoding.WordSize);

    private ElfRegion ReadTable(int entrySize)
    {
        if (EntrySize != (ulong)entrySize)
            throw HeaderError(ElfErrorCode.BadEntrySize,
                $"its entries are said to have {EntrySize} bytes; in this class of file they have {entrySize}. {ElfFile.Rebuild}");
        return ReadContent();
    }

    private ElfRegion? ReadExtendedSectionIndices()
    {
        foreach (ElfSection section in _file.Sections)
            if (section.Type == ElfSectionType.SymbolTableSectionIndices && section.Link == (uint)Index)
                return section.ReadContent();
        return null;
    }

    private ElfFormatException HeaderError(ElfErrorCode code, string message) =>
        new(code, message, _headers.Offset + _header, NameForErrors, _file.Path);

    private void Require(bool isRightType, string what)
    {
        if (!isRightType)
            throw new InvalidOperationException($"Section '{Name}' is of type {Type} and holds no {what}.");
    }
}

/// <summary>Attributes of a section (<c>sh_flags</c>).</summary>
[Flags]
public enum ElfSectionFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Writable at run time (<c>SHF_WRITE</c>).</summary>
    Write = 1,

    /// <summary>Takes memory at run time (<c>SHF_ALLOC</c>).</summary>
    Alloc = 2,

    /// <summary>Holds instructions (<c>SHF_EXECINSTR</c>).</summary>
    ExecInstr = 4,

    /// <summary>Equal entries may be merged (<c>SHF_MERGE</c>).</summary>
    Merge = 0x10,

    /// <summary>Holds NUL-terminated strings (<c>SHF_STRINGS</c>).</summary>
    Strings = 0x20,

    /// <summary><see cref="ElfSection.Info"/> is a section index (<c>SHF_INFO_LINK</c>).</summary>
    InfoLink = 0x40,

    /// <summary>The order of the linked section is to be kept (<c>SHF_LINK_ORDER</c>).</summary>
    LinkOrder = 0x80,

    /// <summary>Needs system-specific treatment (<c>SHF_OS_NONCONFORMING</c>).</summary>
    OsNonConforming = 0x100,

    /// <summary>Member of a section group (<c>SHF_GROUP</c>).</summary>
    Group = 0x200,

    /// <summary>Thread-local data (<c>SHF_TLS</c>).</summary>
    Tls = 0x400,

    /// <summary>Compressed: <see cref="ElfSection.ReadDecompressed"/> gives the content (<c>SHF_COMPRESSED</c>).</summary>
    Compressed = 0x800,

    /// <summary>To be kept by the linker though nothing refers to it (<c>SHF_GNU_RETAIN</c>).</summary>
    GnuRetain = 0x200000,

    /// <summary>Left out when linking (<c>SHF_EXCLUDE</c>).</summary>
    Exclude = 0x80000000,
}
