namespace P3Ebpf.Elf.Tests;

/// <summary>Builds ELF images byte by byte: header, program headers, section contents, section headers.</summary>
internal sealed class ElfBuilder(ElfClass @class, ElfByteOrder byteOrder)
{
    private readonly List<Section> _sections = [new Section { Name = "" }];
    private readonly List<(ElfSegmentType Type, int Section, long Address)> _segments = [];

    /// <summary>Puts the counts and the index of the name section into section 0, as files with very many sections do.</summary>
    public bool ExtendedNumbering { get; init; }

    /// <summary>Leaves the section headers out, as sstrip does.</summary>
    public bool WithoutSectionHeaders { get; init; }

    private int WordSize => @class == ElfClass.Elf64 ? 8 : 4;

    private int HeaderSize => 40 + 3 * WordSize;

    private int SegmentSize => 8 + 6 * WordSize;

    private int SectionSize => 16 + 6 * WordSize;

    public ByteWriter Writer() => new(@class, byteOrder);

    public int Add(Section section)
    {
        _sections.Add(section);
        return _sections.Count - 1;
    }

    public void AddSegment(ElfSegmentType type, int section, long address) => _segments.Add((type, section, address));

    /// <summary>Gives every section added so far its offset, for contents that hold addresses.</summary>
    /// <returns>Where the last one ends.</returns>
    public int Place()
    {
        int offset = HeaderSize + SegmentSize * _segments.Count;
        foreach (Section section in _sections)
        {
            section.Offset = offset = (offset + 7) / 8 * 8;
            offset += section.Data.Length;
        }
        return offset;
    }

    public byte[] Build()
    {
        int names = AddNames();
        int sectionTable = (Place() + 7) / 8 * 8;
        ByteWriter writer = Writer();
        WriteHeader(writer, sectionTable, names);
        foreach ((ElfSegmentType type, int index, long address) in _segments)
            WriteSegment(writer, type, _sections[index], address);
        foreach (Section section in _sections)
            writer.PadTo(section.Offset).Bytes(section.Data);
        if (WithoutSectionHeaders)
            return writer.ToArray();
        writer.PadTo(sectionTable);
        foreach (Section section in _sections)
            WriteSection(writer, section);
        return writer.ToArray();
    }

    private int AddNames()
    {
        var strings = new StringTableBuilder();
        var names = new Section { Name = ".shstrtab", Type = ElfSectionType.StringTable };
        int index = Add(names);
        foreach (Section section in _sections)
            section.NameOffset = section.Name.Length == 0 ? 0 : strings.Add(section.Name);
        names.Data = strings.ToArray();
        if (ExtendedNumbering)
        {
            _sections[0].Size = _sections.Count;
            _sections[0].Link = index;
            _sections[0].Info = _segments.Count;
        }
        return index;
    }

    private void WriteHeader(ByteWriter writer, int sectionTable, int names)
    {
        writer.Bytes([0x7f, 0x45, 0x4c, 0x46, (byte)@class, (byte)byteOrder, 1, 3, 9]).PadTo(16);
        writer.UInt16((int)ElfType.Shared).UInt16((int)ElfMachine.S390).UInt32(1);
        writer.Word(0x1234).Word(_segments.Count == 0 ? 0 : HeaderSize).Word(WithoutSectionHeaders ? 0 : sectionTable);
        writer.UInt32(0xabcd1234).UInt16(HeaderSize);
        writer.UInt16(SegmentSize).UInt16(ExtendedNumbering ? 0xffff : _segments.Count);
        if (WithoutSectionHeaders)
            writer.UInt16(0).UInt16(0).UInt16(0);
        else
            writer.UInt16(SectionSize).UInt16(ExtendedNumbering ? 0 : _sections.Count).UInt16(ExtendedNumbering ? 0xffff : names);
    }

    private void WriteSegment(ByteWriter writer, ElfSegmentType type, Section section, long address)
    {
        // A loadable segment here spans the whole file up to the section's end, so that addresses are offsets plus a constant.
        long offset = type == ElfSegmentType.Load ? 0 : section.Offset;
        long size = section.Offset + section.Data.Length - offset;
        writer.UInt32((uint)type);
        if (@class == ElfClass.Elf64)
            writer.UInt32(5);
        writer.Word(offset).Word(address).Word(address + 1).Word(size).Word(size + 2);
        if (@class == ElfClass.Elf32)
            writer.UInt32(5);
        writer.Word(4);
    }

    private static void WriteSection(ByteWriter writer, Section section) =>
        writer.UInt32(section.NameOffset).UInt32((uint)section.Type).Word((long)section.Flags).Word(section.Address)
            .Word(section.Offset).Word(section.Size ?? section.Data.Length).UInt32(section.Link).UInt32(section.Info)
            .Word(section.Alignment).Word(section.EntrySize);

    internal sealed class Section
    {
        public required string Name { get; init; }

        public ElfSectionType Type { get; init; }

        public ElfSectionFlags Flags { get; init; }

        public long Address { get; init; }

        public byte[] Data { get; set; } = [];

        public long? Size { get; set; }

        public int Link { get; set; }

        public int Info { get; set; }

        public int Alignment { get; init; }

        public int EntrySize { get; init; }

        public int NameOffset { get; set; }

        /// <summary>Known once built.</summary>
        public int Offset { get; set; }
    }
}
