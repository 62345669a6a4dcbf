namespace P3Ebpf.Elf;

/// <summary>
/// Reads an ELF file, 32 or 64 bit, in either byte order. Opening reads the header, the section and program header tables and the
/// section names; everything else is read when asked for. Nothing in the file is trusted: every offset and count is checked before use.
/// </summary>
/// <remarks>Safe for concurrent readers. Views of a file (sections, segments, symbols) are usable as long as it is not disposed.</remarks>
public sealed class ElfFile : IDisposable
{
    internal const string Rebuild = "The file is damaged; copy or build it again.";

    private const int IdentSize = 16;
    private const int MaxInterpreterLength = 4096;
    private const uint BuildIdNote = 3;
    private const ushort SegmentCountInSection0 = 0xffff;

    private readonly IElfSource _source;
    private readonly ElfRegion _sectionHeaders;
    private readonly ElfRegion _segmentHeaders;

    private ElfFile(IElfSource source, ElfReadLimits limits)
    {
        _source = source;
        Limits = limits;
        Encoding = ReadEncoding();
        Header = new ElfHeader(ReadRegion(ElfErrorCode.Truncated, section: null, 0, (ulong)Encoding.HeaderSize));
        _sectionHeaders = ReadSectionHeaders();
        _segmentHeaders = ReadSegmentHeaders();
        SectionNames = ReadSectionNames();
    }

    /// <summary>The file header.</summary>
    public ElfHeader Header { get; }

    /// <summary>The path given to <see cref="Open"/>; null for bytes in memory.</summary>
    public string? Path => _source.Path;

    /// <summary>Size of the file in bytes.</summary>
    public long Length => _source.Length;

    /// <summary>The sections.</summary>
    public ElfSectionTable Sections => new(this, _sectionHeaders);

    /// <summary>The segments.</summary>
    public ElfSegmentTable Segments => new(this, _segmentHeaders);

    internal ElfEncoding Encoding { get; }

    internal ElfReadLimits Limits { get; }

    private ElfRegion Nothing => new(this, section: null, 0, default);

    /// <summary>The section names; null if the file has none.</summary>
    internal ElfStringTable? SectionNames { get; }

    /// <summary>Whether bytes start like an ELF file. Four bytes are enough.</summary>
    public static bool IsElf(ReadOnlySpan<byte> start) => start.StartsWith("\x7f"u8) && start.Slice(1).StartsWith("ELF"u8);

    /// <summary>Reads an ELF file in memory. The bytes are not copied and must not change.</summary>
    /// <exception cref="ElfFormatException">This is not an ELF file, or its header, tables or section names are malformed.</exception>
    public static ElfFile Parse(ReadOnlyMemory<byte> data, ElfReadLimits? limits = null) =>
        new(new MemorySource(data), limits ?? ElfReadLimits.Default);

    /// <summary>Opens an ELF file on disk, of which only the parts asked for are read. It must not change while it is open.</summary>
    /// <exception cref="ElfFormatException">
    /// This is not an ELF file or not a regular file, or its header, tables or section names are malformed.
    /// </exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not read the file.</exception>
    public static ElfFile Open(string path, ElfReadLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        FileSource source = FileSource.Open(path);
        try
        {
            return new ElfFile(source, limits ?? ElfReadLimits.Default);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The first section of this name; false if there is none.</summary>
    public bool TryGetSection(string name, out ElfSection section) => Sections.TryGet(name, out section);

    /// <summary>The first section of this name, given in UTF-8; false if there is none.</summary>
    public bool TryGetSection(ReadOnlySpan<byte> name, out ElfSection section) => Sections.TryGet(name, out section);

    /// <summary>The first section of this type; false if there is none.</summary>
    public bool TryGetSection(ElfSectionType type, out ElfSection section) => Sections.TryGet(type, out section);

    /// <summary>Byte offset in the file of a virtual address; false if no loadable segment has bytes for it.</summary>
    public bool TryGetFileOffset(ulong virtualAddress, out ulong offset) => Segments.TryMap(virtualAddress, out offset, out _);

    /// <summary>The dynamic section, found by its section header or, where those are stripped, by its segment.</summary>
    /// <exception cref="ElfFormatException">It is not inside the file, or its string table cannot be found.</exception>
    public ElfDynamicTable ReadDynamic()
    {
        if (Sections.TryGet(ElfSectionType.Dynamic, out ElfSection section))
            return new ElfDynamicTable(section.ReadContent(), section.ReadLinkedStrings());
        // Where only the headers were kept (separate debug files), the section is there without bytes, and the segment points nowhere.
        bool hasSegment = Segments.TryGet(ElfSegmentType.Dynamic, out ElfSegment segment) && Sections.Count == 0;
        return new ElfDynamicTable(hasSegment ? segment.ReadRegion() : Nothing);
    }

    /// <summary>Path of the dynamic linker; null if the file names none (<c>PT_INTERP</c>).</summary>
    /// <exception cref="ElfFormatException">The segment is not inside the file, or its string has no end.</exception>
    public string? ReadInterpreter()
    {
        // Separate debug files keep the header but not the bytes.
        if (!Segments.TryGet(ElfSegmentType.Interp, out ElfSegment segment) || segment.FileSize == 0)
            return null;
        ulong size = Math.Min(segment.FileSize, MaxInterpreterLength);
        var strings = new ElfStringTable(ReadRegion(ElfErrorCode.SegmentOutOfRange, section: null, segment.Offset, size));
        return Utf8Text.Of(strings.GetBytes(0));
    }

    /// <summary>The build id that the linker gave the file; false if it has none (<c>NT_GNU_BUILD_ID</c>).</summary>
    /// <exception cref="ElfFormatException">A note before it is malformed.</exception>
    public bool TryGetBuildId(out ReadOnlyMemory<byte> buildId)
    {
        foreach (ElfSection section in Sections)
            if (section.Type == ElfSectionType.Note && TryFindBuildId(section.ReadNotes(), out buildId))
                return true;
        foreach (ElfSegment segment in Segments)
            if (segment.Type == ElfSegmentType.Note && TryFindBuildId(segment.ReadNotes(), out buildId))
                return true;
        buildId = default;
        return false;
    }

    /// <summary>The symbol versions that the file defines; found by section header or dynamic section.</summary>
    /// <exception cref="ElfFormatException">The records are malformed or not inside the file.</exception>
    public IReadOnlyList<ElfVersionDefinition> ReadVersionDefinitions() =>
        FindVersions(ElfSectionType.GnuVersionDefinitions, ElfDynamicTag.VerDef)?.ReadDefinitions() ?? [];

    /// <summary>The symbol versions that the file needs from its libraries; found by section header or dynamic section.</summary>
    /// <exception cref="ElfFormatException">The records are malformed or not inside the file.</exception>
    public IReadOnlyList<ElfVersionNeed> ReadVersionNeeds() =>
        FindVersions(ElfSectionType.GnuVersionNeeds, ElfDynamicTag.VerNeed)?.ReadNeeds() ?? [];

    /// <summary>The version of each dynamic symbol; found by section header.</summary>
    /// <exception cref="ElfFormatException">The table is not inside the file. Malformed records are reported when a version is asked for.</exception>
    public ElfSymbolVersionTable ReadSymbolVersions() => new(this);

    /// <summary>The functions that the file defines, by name and place: what a probe can be put on.</summary>
    /// <exception cref="ElfFormatException">A symbol table, its strings or the compressed symbols are malformed.</exception>
    public ElfFunctionTable ReadFunctions() => new(this);

    /// <summary>
    /// Byte offset in the file of a function's first instruction, which is what the kernel wants for a uprobe. For several
    /// functions of one file, and to learn why there is none, use <see cref="ReadFunctions"/>.
    /// </summary>
    /// <param name="name">The name, or <c>name@VERSION</c>, <c>name@@VERSION</c>.</param>
    /// <param name="offset">The offset.</param>
    /// <returns>False if there is no such function, or several at different places.</returns>
    /// <exception cref="ElfFormatException">A symbol table, its strings or the compressed symbols are malformed.</exception>
    public bool TryFindFunctionOffset(string name, out ulong offset)
    {
        ElfFunctionMatch match = ReadFunctions().Find(name);
        offset = match.Kind == ElfFunctionMatchKind.Found ? match.Functions[0].Offset : 0;
        return match.Kind == ElfFunctionMatchKind.Found;
    }

    /// <summary>The probes (USDT) compiled into the file, in the order of its notes; empty if there are none (<c>.note.stapsdt</c>).</summary>
    /// <exception cref="ElfFormatException">The notes are malformed or not inside the file.</exception>
    public IReadOnlyList<ElfUsdtProbe> ReadUsdtProbes() => UsdtNotes.Read(this);

    /// <summary>Closes the file if <see cref="Open"/> opened it.</summary>
    public void Dispose() => _source.Dispose();

    /// <summary>A range of the file, checked against its size and the limits.</summary>
    internal ElfRegion ReadRegion(ElfErrorCode code, string? section, ulong offset, ulong size)
    {
        if (size == 0)
            return new ElfRegion(this, section, (long)Math.Min(offset, (ulong)Length), default);
        if (size > (ulong)Length || offset > (ulong)Length - size)
            throw Error(code, offset, section,
                $"{size} bytes are expected here, but the file ends at 0x{Length:x}. " +
                "The file is cut short or damaged; copy or build it again.");
        if (size > (ulong)Limits.MaxSectionSize)
            throw Error(ElfErrorCode.LimitExceeded, offset, section,
                $"{size} bytes would have to be read; the limit is {Limits.MaxSectionSize}. " +
                "If the file is trusted, raise ElfReadLimits.MaxSectionSize.");
        ReadOnlyMemory<byte> bytes = _source.Read((long)offset, (int)size);
        if (bytes.Length < (int)size)
            throw Error(ElfErrorCode.Truncated, offset + (ulong)bytes.Length, section,
                "the file became shorter while it was read. Read it again when nobody writes to it.");
        return new ElfRegion(this, section, (long)offset, bytes);
    }

    private static bool TryFindBuildId(ElfNotes notes, out ReadOnlyMemory<byte> buildId)
    {
        foreach (ElfNote note in notes)
            if (note.Type == BuildIdNote && note.NameBytes.SequenceEqual("GNU"u8))
            {
                buildId = note.Descriptor;
                return true;
            }
        buildId = default;
        return false;
    }

    private ElfEncoding ReadEncoding()
    {
        if (Length == 0)
            throw Error(ElfErrorCode.Empty, 0, null, "there are no bytes. Give an ELF file.");
        ReadOnlySpan<byte> ident = ReadRegion(ElfErrorCode.Truncated, section: null, 0, (ulong)Math.Min(Length, IdentSize)).Bytes.Span;
        if (!IsElf(ident))
            throw Error(ElfErrorCode.NotElf, 0, null, $"this is {FileSignature.Describe(ident)}");
        if (ident.Length < IdentSize)
            throw Error(ElfErrorCode.Truncated, ident.Length, null, $"the file ends inside its header. {Rebuild}");
        if (ident[4] is not ((byte)ElfClass.Elf32 or (byte)ElfClass.Elf64))
            throw Error(ElfErrorCode.UnknownClass, 4, null, $"class {ident[4]} is neither 1 (32 bit) nor 2 (64 bit). {Rebuild}");
        if (ident[5] is not ((byte)ElfByteOrder.LittleEndian or (byte)ElfByteOrder.BigEndian))
            throw Error(ElfErrorCode.UnknownByteOrder, 5, null,
                $"byte order {ident[5]} is neither 1 (little endian) nor 2 (big endian). {Rebuild}");
        if (ident[6] != 1)
            throw Error(ElfErrorCode.UnknownVersion, 6, null, $"version {ident[6]} is not 1, the only one there is. {Rebuild}");
        return new ElfEncoding((ElfClass)ident[4], (ElfByteOrder)ident[5]);
    }

    private ElfRegion ReadSectionHeaders()
    {
        if (Header.SectionTableOffset == 0)
            return Nothing;
        int size = Encoding.SectionHeaderSize;
        if (Header.SectionEntrySize != size)
            throw BadHeaderSize("section", Encoding.FlagsOffset + 10, Header.SectionEntrySize, size);
        // The number of sections stands in the size of section 0 where it does not fit the header.
        ulong count = Header.SectionCount != 0
            ? Header.SectionCount
            : new ElfSection(this, ReadTable(ElfErrorCode.SectionTableOutOfRange, Header.SectionTableOffset, 1, size), 0).Size;
        return ReadTable(ElfErrorCode.SectionTableOutOfRange, Header.SectionTableOffset, count, size);
    }

    private ElfRegion ReadSegmentHeaders()
    {
        // Likewise the number of segments, in the info of section 0 (PN_XNUM).
        uint count = Header.SegmentCount == SegmentCountInSection0 && Sections.TryGet(0u, out ElfSection section0)
            ? section0.Info
            : Header.SegmentCount;
        if (Header.SegmentTableOffset == 0 || count == 0)
            return Nothing;
        int size = Encoding.SegmentHeaderSize;
        if (Header.SegmentEntrySize != size)
            throw BadHeaderSize("program", Encoding.FlagsOffset + 6, Header.SegmentEntrySize, size);
        return ReadTable(ElfErrorCode.SegmentTableOutOfRange, Header.SegmentTableOffset, count, size);
    }

    private ElfStringTable? ReadSectionNames()
    {
        uint index = Header.SectionNamesIndex;
        if (index == ElfSectionIndex.Extended && Sections.TryGet(0u, out ElfSection section0))
            index = section0.Link;
        if (index == ElfSectionIndex.Undefined || Sections.Count == 0)
            return null;
        if (!Sections.TryGet(index, out ElfSection section))
            throw Error(ElfErrorCode.BadSectionIndex, Encoding.FlagsOffset + 14, null,
                $"the section names are said to be in section {index}, but there are only {Sections.Count} sections. {Rebuild}");
        ElfStringTable names = section.ReadStrings();
        foreach (ElfSection named in Sections)
            names.Check(named.NameOffset);
        return names;
    }

    private ElfRegion ReadTable(ElfErrorCode code, ulong offset, ulong count, int entrySize)
    {
        if (count > (ulong)(Length / entrySize))
            throw Error(code, offset, null,
                $"{count} headers of {entrySize} bytes are expected here, more than the file's {Length} bytes hold. " +
                "The file is cut short or damaged; copy or build it again.");
        return ReadRegion(code, section: null, offset, count * (ulong)entrySize);
    }

    private VersionRecords? FindVersions(ElfSectionType type, ElfDynamicTag tag)
    {
        if (Sections.TryGet(type, out ElfSection section))
            return new VersionRecords(section.ReadContent(), section.ReadLinkedStrings());
        ElfDynamicTable dynamic = ReadDynamic();
        if (!dynamic.TryGet(tag, out ulong address))
            return null;
        if (!Segments.TryMap(address, out ulong offset, out ulong available))
            throw Error(ElfErrorCode.BadDynamic, 0, null,
                $"the symbol versions' address 0x{address:x} is in no loadable segment. {Rebuild}");
        return new VersionRecords(ReadRegion(ElfErrorCode.SegmentOutOfRange, section: null, offset, available), dynamic.Strings);
    }

    private ElfFormatException BadHeaderSize(string kind, int position, int stated, int size) =>
        Error(ElfErrorCode.BadEntrySize, position, null,
            $"{kind} headers are said to have {stated} bytes; in this class of file they have {size}. {Rebuild}");

    private ElfFormatException Error(ElfErrorCode code, ulong offset, string? section, string message) =>
        Error(code, (long)Math.Min(offset, long.MaxValue), section, message);

    private ElfFormatException Error(ElfErrorCode code, long offset, string? section, string message) =>
        new(code, message, offset, section, Path);
}
