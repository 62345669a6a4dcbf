using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace P3Ebpf.Elf.Tests;

/// <summary>Every damage has its code and names its place; nothing escapes but <see cref="ElfFormatException"/>.</summary>
public sealed class DamagedElfTests
{
    // Where fields stand in a 64-bit header, section header and program header.
    private const int SegmentTableOffset = 32, SectionTableOffset = 40, SegmentEntrySize = 54, SegmentCount = 56, SectionEntrySize = 58, SectionCount = 60, NamesIndex = 62;
    private const int Name = 0, Offset = 24, Size = 32, Link = 40, EntrySize = 56;

    public static TheoryData<string, ElfErrorCode, Func<byte[], byte[]>> DamagedHeaders => new()
    {
        { "nothing", ElfErrorCode.Empty, _ => [] },
        { "text", ElfErrorCode.NotElf, _ => [.. "hello"u8] },
        { "cut in the magic", ElfErrorCode.NotElf, image => image[..3] },
        { "cut in the identification", ElfErrorCode.Truncated, image => image[..8] },
        { "cut in the header", ElfErrorCode.Truncated, image => image[..63] },
        { "cut before the section table", ElfErrorCode.SectionTableOutOfRange, image => image[..200] },
        { "cut by one byte", ElfErrorCode.SectionTableOutOfRange, image => image[..^1] },
        { "class", ElfErrorCode.UnknownClass, image => Set(image, 4, (byte)3) },
        { "byte order", ElfErrorCode.UnknownByteOrder, image => Set(image, 5, (byte)0) },
        { "version", ElfErrorCode.UnknownVersion, image => Set(image, 6, (byte)2) },
        { "section header size", ElfErrorCode.BadEntrySize, image => Set(image, SectionEntrySize, (ushort)40) },
        { "program header size", ElfErrorCode.BadEntrySize, image => Set(image, SegmentEntrySize, (ushort)0) },
        { "section table offset beyond signed range", ElfErrorCode.SectionTableOutOfRange, image => Set(image, SectionTableOffset, ulong.MaxValue - 8) },
        { "program header table offset", ElfErrorCode.SegmentTableOutOfRange, image => Set(image, SegmentTableOffset, (ulong)image.Length) },
        { "program header count", ElfErrorCode.SegmentTableOutOfRange, image => Set(image, SegmentCount, (ushort)0xfff0) },
        { "section count", ElfErrorCode.SectionTableOutOfRange, image => Set(image, SectionCount, (ushort)0xfff0) },
        { "section count in section 0", ElfErrorCode.SectionTableOutOfRange, image => Set(Set(image, SectionCount, (ushort)0), At(image, 0, Size), 1ul << 58) },
        { "name section index", ElfErrorCode.BadSectionIndex, image => Set(image, NamesIndex, (ushort)200) },
        { "name section is code", ElfErrorCode.NotAStringTable, image => Set(image, NamesIndex, (ushort)1) },
        { "name section outside", ElfErrorCode.SectionOutOfRange, image => Set(image, At(image, Find(image, ".shstrtab"), Offset), (ulong)image.Length) },
        { "name outside", ElfErrorCode.BadString, image => Set(image, At(image, 1, Name), 0x7fffffffu) },
    };

    [Theory]
    [MemberData(nameof(DamagedHeaders))]
    public void Damaged_headers_are_refused_when_opened(string what, ElfErrorCode code, Func<byte[], byte[]> damage)
    {
        byte[] image = damage(Sample());

        this.Invoking(_ => ElfFile.Parse(image)).Should().Throw<ElfFormatException>(what)
            .Which.Should().Match<ElfFormatException>(fault => fault.Code == code && fault.Offset >= 0);
    }

    public static TheoryData<string, string, ElfErrorCode, Action<byte[], int>> DamagedSections => new()
    {
        { "offset", ".text", ElfErrorCode.SectionOutOfRange, (image, header) => Set(image, header + Offset, ulong.MaxValue) },
        { "size", ".text", ElfErrorCode.SectionOutOfRange, (image, header) => Set(image, header + Size, ulong.MaxValue - 100) },
        { "symbol size", ".symtab", ElfErrorCode.BadEntrySize, (image, header) => Set(image, header + EntrySize, 16ul) },
        { "table size", ".symtab", ElfErrorCode.BadTableSize, (image, header) => Set(image, header + Size, 25ul) },
        { "string table index", ".symtab", ElfErrorCode.BadSectionIndex, (image, header) => Set(image, header + Link, 0xffffffffu) },
        { "string table type", ".symtab", ElfErrorCode.NotAStringTable, (image, header) => Set(image, header + Link, 1u) },
        { "symbol name", ".symtab", ElfErrorCode.BadString, (image, header) => Set(image, Contents(image, header) + 24, 0xffffu) },
        { "too few extended indices", ".symtab", ElfErrorCode.BadTableSize, (image, _) => Set(image, At(image, Find(image, ".symtab_shndx"), Size), 4ul) },
        { "relocation size", ".rel.text", ElfErrorCode.BadEntrySize, (image, header) => Set(image, header + EntrySize, 24ul) },
        { "relocation table size", ".rela.text", ElfErrorCode.BadTableSize, (image, header) => Set(image, header + Size, 8ul) },
        { "note name", ".note", ElfErrorCode.BadNote, (image, header) => Set(image, Contents(image, header), 0xfffffff0u) },
        { "note content", ".note", ElfErrorCode.BadNote, (image, header) => Set(image, Contents(image, header) + 4, 0x7fffffffu) },
        { "note header", ".note", ElfErrorCode.BadNote, (image, header) => Set(image, header + Size, 11ul) },
        { "version definition cut", ".gnu.version_d", ElfErrorCode.BadVersion, (image, header) => Set(image, header + Size, 60ul) },
        { "version definition link", ".gnu.version_d", ElfErrorCode.BadVersion, (image, header) => Set(image, Contents(image, header) + 16, 0xfffffff0u) },
        { "version definitions overlap", ".gnu.version_d", ElfErrorCode.BadVersion, (image, header) => Overlap(image, Contents(image, header), 16) },
        { "version need", ".gnu.version_r", ElfErrorCode.BadVersion, (image, header) => Set(image, Contents(image, header) + 8, 0xfffffff0u) },
        { "version name", ".gnu.version_r", ElfErrorCode.BadString, (image, header) => Set(image, Contents(image, header) + 24, 0xfffffff0u) },
        { "library name", ".dynamic", ElfErrorCode.BadString, (image, header) => Set(image, Contents(image, header) + 8, 0xffffffffffffff00ul) },
        { "compression header", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, header + Size, 23ul) },
        { "zstd", ".debug_info", ElfErrorCode.UnsupportedCompression, (image, header) => Set(image, Contents(image, header), 2u) },
        { "unknown method", ".debug_info", ElfErrorCode.UnsupportedCompression, (image, header) => Set(image, Contents(image, header), 77u) },
        { "huge decompressed size", ".debug_info", ElfErrorCode.LimitExceeded, (image, header) => Set(image, Contents(image, header) + 8, 1ul << 62) },
        { "more output than stated", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, Contents(image, header) + 8, 10ul) },
        { "no output stated", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, Contents(image, header) + 8, 0ul) },
        { "less output than stated", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, Contents(image, header) + 8, 1ul << 29) },
        { "zlib header", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, Contents(image, header) + 24, (ushort)0xffff) },
        { "zlib with a dictionary", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, Contents(image, header) + 24, (ushort)0xbb78) },
        { "zlib data", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, Contents(image, header) + 30, 0xfffffffffffffffful) },
        { "zlib stream cut", ".debug_info", ElfErrorCode.BadCompression, (image, header) => Set(image, header + Size, 40ul) },
    };

    [Theory]
    [MemberData(nameof(DamagedSections))]
    public void Damaged_sections_are_refused_when_read(string what, string section, ElfErrorCode code, Action<byte[], int> damage)
    {
        byte[] image = Sample();
        ElfWalk.Faults(() => ElfFile.Parse(image)).Should().BeEmpty();
        damage(image, At(image, Find(image, section), 0));

        List<ElfFormatException> faults = ElfWalk.Faults(() => ElfFile.Parse(image));

        faults.Should().Contain(fault => fault.Code == code && fault.Section != null && fault.Message.Contains($"section '{fault.Section}'"), what);
    }

    [Fact]
    public void Addresses_outside_all_segments_are_refused()
    {
        byte[] image = SampleImage.Build(ElfClass.Elf64, ElfByteOrder.LittleEndian, withoutSectionHeaders: true);
        int load = 64 + 2 * 56;
        Set(image, load + 16, 0x7000_0000ul);

        ElfFile.Parse(image).Invoking(file => file.ReadDynamic()).Should().Throw<ElfFormatException>().Which.Code.Should().Be(ElfErrorCode.BadDynamic);

        Set(image, load + 8, ulong.MaxValue - 3);
        Set(image, load + 16, (ulong)SampleImage.LoadAddress);
        ElfFile.Parse(image).Invoking(file => file.ReadDynamic()).Should().Throw<ElfFormatException>("offset and distance together exceed 64 bits").Which.Code.Should().Be(ElfErrorCode.BadDynamic);
    }

    [Fact]
    public void Sections_of_the_wrong_type_are_the_callers_fault()
    {
        ElfSection text = ElfFile.Parse(Sample()).Sections[1];

        text.Invoking(section => section.ReadSymbols()).Should().Throw<InvalidOperationException>().WithMessage("*'.text'*ProgramBits*symbols*");
        text.Invoking(section => section.ReadRelocations()).Should().Throw<InvalidOperationException>();
        text.Invoking(section => section.ReadNotes()).Should().Throw<InvalidOperationException>();
    }

    [Theory]
    [InlineData(new byte[] { 0x1f, 0x8b, 8, 0 }, "*gunzip*")]
    [InlineData(new byte[] { 0x42, 0x43, 0xc0, 0xde }, "*LLVM bitcode*-emit-llvm*")]
    [InlineData(new byte[] { 0x9f, 0xeb, 1, 0 }, "*raw BTF*")]
    [InlineData(new byte[] { 0x4d, 0x5a, 0, 0 }, "*vmlinux (extract-vmlinux), not vmlinuz*")]
    public void Files_given_by_mistake_are_recognised(byte[] start, string message) =>
        this.Invoking(_ => ElfFile.Parse(start)).Should().Throw<ElfFormatException>().WithMessage(message);

    [Fact]
    public void Stated_size_of_compressed_data_takes_no_memory_by_itself()
    {
        byte[] image = Sample();
        int header = At(image, Find(image, ".debug_info"), 0);
        Set(image, Contents(image, header) + 8, 1ul << 30);
        ElfSection section = ElfFile.Parse(image).Sections[Find(image, ".debug_info")];

        long before = GC.GetAllocatedBytesForCurrentThread();
        section.Invoking(each => each.ReadDecompressed()).Should().Throw<ElfFormatException>();

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(4 << 20);
    }

    public static TheoryData<string, int> MutationRuns => new()
    {
        { "clang object", 3000 },
        { "64 bit little endian", 2000 },
        { "32 bit big endian", 2000 },
        { "64 bit without section headers", 1000 },
        { "testdata/elf/probes.pie", 1000 },
        { "testdata/elf/probes.arm64", 500 },
        { "testdata/elf/libversions.so", 1000 },
        { "testdata/elf/probes.minidebug", 1000 },
    };

    [Theory]
    [MemberData(nameof(MutationRuns))]
    public void Random_damage_yields_nothing_but_format_errors(string subject, int runs)
    {
        byte[] original = subject switch
        {
            "clang object" => File.ReadAllBytes(TestData.PathOf("testdata/bpf/elf_sample.bpf.o")),
            ['t', 'e', 's', 't', ..] => File.ReadAllBytes(TestData.PathOf(subject)),
            "64 bit little endian" => Sample(),
            "32 bit big endian" => SampleImage.Build(ElfClass.Elf32, ElfByteOrder.BigEndian, extendedNumbering: true),
            _ => SampleImage.Build(ElfClass.Elf64, ElfByteOrder.BigEndian, withoutSectionHeaders: true),
        };
        int[] tables = TableBytes(original);
        var codes = new HashSet<ElfErrorCode>();

        for (int seed = 0; seed < runs; seed++)
        {
            byte[] image = Mutate(original, tables, new Random(seed));
            try
            {
                foreach (ElfFormatException fault in ElfWalk.Faults(() => ElfFile.Parse(image)))
                {
                    codes.Add(fault.Code);
                    fault.Offset.Should().BeGreaterThanOrEqualTo(0);
                }
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"Seed {seed} of '{subject}': {exception}");
            }
        }

        codes.Should().HaveCountGreaterThan(4, "the damage must reach what is checked");
    }

    /// <summary>The positions of the headers and of all tables of numbers: damage there matters most.</summary>
    private static int[] TableBytes(byte[] image)
    {
        ElfFile file = ElfFile.Parse(image);
        IEnumerable<int> headers = Enumerable.Range(0, 64 + 56 * file.Segments.Count);
        int sectionTable = image.Length - file.Sections.Count * (file.Header.Class == ElfClass.Elf64 ? 64 : 40);
        IEnumerable<int> tables = file.Sections
            .Where(section => section.Type is not (ElfSectionType.Null or ElfSectionType.NoBits or ElfSectionType.StringTable) && section.Size < 1000)
            .SelectMany(section => Enumerable.Range((int)section.Offset, (int)section.Size));
        return [.. headers, .. Enumerable.Range(sectionTable, image.Length - sectionTable), .. tables];
    }

    private static byte[] Mutate(byte[] original, int[] tables, Random random)
    {
        byte[] image = [.. original];
        for (int count = random.Next(1, 6); count > 0; count--)
        {
            int at = random.Next(3) == 0 ? random.Next(image.Length) : tables[random.Next(tables.Length)];
            image[at] = random.Next(4) switch
            {
                0 => 0,
                1 => 0xff,
                2 => (byte)(image[at] ^ 1 << random.Next(8)),
                _ => (byte)random.Next(256),
            };
        }
        return random.Next(20) == 0 ? image[..random.Next(image.Length)] : image;
    }

    private static byte[] Sample() => SampleImage.Build(ElfClass.Elf64, ElfByteOrder.LittleEndian);

    private static int Find(byte[] image, string name) =>
        ElfFile.Parse(image).TryGetSection(name, out ElfSection section) ? section.Index : throw new ArgumentException(name);

    private static int At(byte[] image, int section, int field) =>
        (int)BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(SectionTableOffset)) + section * 64 + field;

    private static int Contents(byte[] image, int header) => (int)BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(header + Offset));

    /// <summary>A chain of records one byte apart, each of which looks back at the same names.</summary>
    private static void Overlap(byte[] image, int contents, int next)
    {
        image.AsSpan(contents, 84).Clear();
        for (int at = contents; at < contents + 60; at++)
            image[at + next] = 1;
    }

    private static byte[] Set<T>(byte[] image, int position, T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(image.AsSpan(position), in value);
        return image;
    }
}
