using System.Runtime.InteropServices;

namespace P3Ebpf.Elf.Tests;

public sealed class ElfFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("p3ebpf-elf").FullName;

    public static TheoryData<ElfClass, ElfByteOrder> Encodings => SampleImage.Encodings;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Header_fields_are_read(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfHeader header = ElfFile.Parse(SampleImage.Build(@class, byteOrder)).Header;

        header.Should().BeEquivalentTo(new
        {
            Class = @class,
            ByteOrder = byteOrder,
            OsAbi = 3,
            AbiVersion = 9,
            Type = ElfType.Shared,
            Machine = ElfMachine.S390,
            Entry = 0x1234,
            Flags = 0xabcd1234,
        });
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Sections_are_read_and_found(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(@class, byteOrder));

        file.TryGetSection(".text", out ElfSection text).Should().BeTrue();
        (text.Index, text.Name, text.Type, text.Flags, text.Address, text.Size, text.Alignment)
            .Should().Be((1, ".text", ElfSectionType.ProgramBits, ElfSectionFlags.Alloc | ElfSectionFlags.ExecInstr, 0x1000ul, 8ul, 16ul));
        text.ReadData().ToArray().Should().Equal(1, 2, 3, 4, 5, 6, 7, 8);

        file.TryGetSection(".rel.text"u8, out ElfSection relocations).Should().BeTrue();
        (relocations.Link, relocations.Info, relocations.EntrySize).Should().Be((4u, 1u, @class == ElfClass.Elf64 ? 16ul : 8ul));

        file.TryGetSection(ElfSectionType.NoBits, out ElfSection bss).Should().BeTrue();
        (bss.Name, bss.Size, bss.ReadData().Length).Should().Be((".bss", 0x7000ul, 0));

        file.TryGetSection(".tex", out _).Should().BeFalse("a prefix is not the name");
        file.TryGetSection("text", out _).Should().BeFalse();
        file.Sections.TryGet((uint)file.Sections.Count, out _).Should().BeFalse();
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Counts_in_section_0_give_the_same_file(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile plain = ElfFile.Parse(SampleImage.Build(@class, byteOrder));
        ElfFile extended = ElfFile.Parse(SampleImage.Build(@class, byteOrder, extendedNumbering: true));

        extended.Sections.Select(section => section.Name).Should().Equal(plain.Sections.Select(section => section.Name)).And.HaveCountGreaterThan(10);
        extended.Segments.Select(segment => segment.Type).Should().Equal(ElfSegmentType.Note, ElfSegmentType.Interp, ElfSegmentType.Load, ElfSegmentType.Dynamic);
        extended.Sections[0].ReadData().Length.Should().Be(0, "its size is the number of sections");
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Symbols_are_read_and_found(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(@class, byteOrder));
        file.TryGetSection(ElfSectionType.SymbolTable, out ElfSection section).Should().BeTrue();
        ElfSymbolTable symbols = section.ReadSymbols();

        symbols.Select(symbol => (symbol.Name, symbol.Value, symbol.Size, symbol.Binding, symbol.Type, symbol.Visibility, symbol.SectionIndex)).Should().Equal(
            ("", 0ul, 0ul, ElfSymbolBinding.Local, ElfSymbolType.NoType, ElfSymbolVisibility.Default, ElfSectionIndex.Undefined),
            ("local_fn", 0x10ul, 0x20ul, ElfSymbolBinding.Local, ElfSymbolType.Func, ElfSymbolVisibility.Default, 1u),
            ("weak_data", 0x30ul, 0x40ul, ElfSymbolBinding.Weak, ElfSymbolType.Object, ElfSymbolVisibility.Hidden, 1u),
            ("absolute", 0x50ul, 0ul, ElfSymbolBinding.Global, ElfSymbolType.NoType, ElfSymbolVisibility.Protected, ElfSectionIndex.Absolute),
            ("common", 8ul, 0x60ul, ElfSymbolBinding.Global, ElfSymbolType.Common, ElfSymbolVisibility.Default, ElfSectionIndex.Common),
            ("größe", 0ul, 0ul, ElfSymbolBinding.Global, ElfSymbolType.NoType, ElfSymbolVisibility.Default, ElfSectionIndex.Undefined));
        symbols.TryGet("weak_data", out ElfSymbol weak).Should().BeTrue();
        weak.Index.Should().Be(2);
        weak.TryGetSection(out ElfSection text).Should().BeTrue("its index stands in .symtab_shndx");
        text.Name.Should().Be(".text");
        symbols.Select(symbol => symbol.TryGetSection(out _)).Should().Equal(false, true, true, false, false, false);
        symbols.Select(symbol => (symbol.IsUndefined, symbol.IsAbsolute, symbol.IsCommon)).Skip(2)
            .Should().Equal((false, false, false), (false, true, false), (false, false, true), (true, false, false));
        symbols.TryGet("weak", out _).Should().BeFalse();
        symbols.TryGet(6, out _).Should().BeFalse();
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Relocations_are_read(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(@class, byteOrder));
        file.TryGetSection(".rel.text", out ElfSection rel).Should().BeTrue();
        file.TryGetSection(".rela.text", out ElfSection rela).Should().BeTrue();

        rel.ReadRelocations().Should().Equal(new ElfRelocation(0x18, 2, 10, null), new ElfRelocation(0x28, 1, 1, null));
        rela.ReadRelocations().Should().Equal(new ElfRelocation(0x38, 3, 0x4c, -5));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Notes_are_read(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(@class, byteOrder));
        file.TryGetSection(".note", out ElfSection section).Should().BeTrue();
        file.TryGetSection(".note.property", out ElfSection wide).Should().BeTrue();
        file.Segments.TryGet(ElfSegmentType.Note, out ElfSegment segment).Should().BeTrue();

        section.ReadNotes().Select(note => (note.Name, note.Type, Convert.ToHexString(note.Descriptor.Span)))
            .Should().Equal(("abcd", 7, "010203"), ("GNU", 3, "DEADBEEF"), ("", 9, ""));
        segment.ReadNotes().Select(note => note.Type).Should().Equal(7, 3, 9);
        wide.ReadNotes().Select(note => (note.Name, note.Type, note.Descriptor.Length)).Should().Equal(("GNU", 5, 8));
        file.TryGetBuildId(out ReadOnlyMemory<byte> buildId).Should().BeTrue();
        buildId.ToArray().Should().Equal(0xde, 0xad, 0xbe, 0xef);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Compressed_sections_are_decompressed_on_request(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(@class, byteOrder));
        file.TryGetSection(".debug_info", out ElfSection debug).Should().BeTrue();

        System.Text.Encoding.UTF8.GetString(debug.ReadDecompressed().Span).Should().Be(SampleImage.DebugText);
        debug.ReadData().Length.Should().Be((int)debug.Size);
    }

    public static TheoryData<ElfClass, ElfByteOrder, bool> EncodingsWithAndWithoutSectionHeaders =>
        [.. Encodings.SelectMany(row => new[] { (row.Data.Item1, row.Data.Item2, false), (row.Data.Item1, row.Data.Item2, true) })];

    [Theory]
    [MemberData(nameof(EncodingsWithAndWithoutSectionHeaders))]
    public void Dynamic_section_and_versions_are_read(ElfClass @class, ElfByteOrder byteOrder, bool withoutSectionHeaders)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(@class, byteOrder, withoutSectionHeaders: withoutSectionHeaders));
        ElfDynamicTable dynamic = file.ReadDynamic();

        file.Sections.Should().HaveCount(withoutSectionHeaders ? 0 : 17);
        dynamic.Needed.Should().Equal("libfirst.so.1", "libsecond.so");
        (dynamic.SoName, dynamic.RPath, dynamic.RunPath).Should().Be(("libown.so.3", "/r", "$ORIGIN/x"));
        dynamic.Count.Should().Be(9, "what follows the end mark does not count");
        file.ReadInterpreter().Should().Be("/lib/ld.so.1");
        file.ReadVersionDefinitions().Select(version => (version.Name, version.Index, version.IsBase))
            .Should().Equal(("libown.so.3", 1, true), ("OWN_1.0", 2, false), ("OWN_1.5.0", 3, false));
        file.ReadVersionNeeds().Select(version => (version.Library, version.Name, version.Index, version.IsWeak)).Should().Equal(
            ("libfirst.so.1", "FIRST_2.1", 4, false), ("libfirst.so.1", "FIRST_2.2", 5, true), ("libsecond.so", "SECOND_9", 6, false));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Segments_map_addresses_to_offsets(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile file = ElfFile.Parse(SampleImage.Build(@class, byteOrder));
        file.Segments.TryGet(ElfSegmentType.Load, out ElfSegment load).Should().BeTrue();

        load.Should().BeEquivalentTo(new
        {
            Index = 2,
            Flags = ElfSegmentFlags.Read | ElfSegmentFlags.Execute,
            Offset = 0,
            VirtualAddress = SampleImage.LoadAddress,
            PhysicalAddress = SampleImage.LoadAddress + 1,
            MemorySize = load.FileSize + 2,
            Alignment = 4,
        });
        file.TryGetFileOffset(SampleImage.LoadAddress + load.FileSize - 1, out ulong last).Should().BeTrue();
        last.Should().Be(load.FileSize - 1);
        file.TryGetFileOffset(SampleImage.LoadAddress + load.FileSize, out _).Should().BeFalse();
        file.TryGetFileOffset(SampleImage.LoadAddress - 1, out _).Should().BeFalse();
    }

    [Fact]
    public void Separate_debug_files_have_no_dynamic_parts()
    {
        var builder = new ElfBuilder(ElfClass.Elf64, ElfByteOrder.LittleEndian);
        builder.AddSegment(ElfSegmentType.Interp, builder.Add(new() { Name = ".interp", Type = ElfSectionType.NoBits, Size = 28 }), 0x1000);
        builder.AddSegment(ElfSegmentType.Dynamic, builder.Add(new() { Name = ".dynamic", Type = ElfSectionType.NoBits, Size = 480 }), 0x2000);
        ElfFile file = ElfFile.Parse(builder.Build());

        file.ReadInterpreter().Should().BeNull();
        file.ReadDynamic().Should().BeEmpty();
        file.ReadVersionNeeds().Should().BeEmpty();
    }

    [Fact]
    public void Object_compiled_by_clang_is_read()
    {
        using ElfFile file = ElfFile.Open(TestData.PathOf("testdata/bpf/elf_sample.bpf.o"));
        file.TryGetSection(ElfSectionType.SymbolTable, out ElfSection symbolSection).Should().BeTrue();
        ElfSymbolTable symbols = symbolSection.ReadSymbols();
        file.TryGetSection(".reltracepoint/sched/sched_switch", out ElfSection relocations).Should().BeTrue();
        symbols.TryGet("on_switch", out ElfSymbol program).Should().BeTrue();
        program.TryGetSection(out ElfSection programSection).Should().BeTrue();

        (file.Header.Machine, file.Header.Type).Should().Be((ElfMachine.Bpf, ElfType.Relocatable));
        (programSection.Name, program.Size, program.Type).Should().Be(("tracepoint/sched/sched_switch", 112ul, ElfSymbolType.Func));
        programSection.ReadData().Length.Should().Be(112);
        relocations.ReadRelocations().Select(relocation => (relocation.Offset, relocation.Type, symbols[(int)relocation.SymbolIndex].Name))
            .Should().Equal((0x00, 1, "wanted"), (0x18, 10, "find"), (0x20, 1, "seen"), (0x58, 10, ""));
        file.ReadDynamic().Should().BeEmpty();
    }

    [Fact]
    public void The_running_executable_is_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Executables are ELF files on Linux.");
        using ElfFile file = ElfFile.Open(Environment.ProcessPath!);

        file.Header.Machine.Should().Be(RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => ElfMachine.X64,
            Architecture.Arm64 => ElfMachine.AArch64,
            Architecture.X86 => ElfMachine.I386,
            Architecture.Arm or Architecture.Armv6 => ElfMachine.Arm,
            Architecture.S390x => ElfMachine.S390,
            Architecture.RiscV64 => ElfMachine.RiscV,
            Architecture.LoongArch64 => ElfMachine.LoongArch,
            Architecture.Ppc64le => ElfMachine.PowerPC64,
            _ => throw new NotSupportedException("Add the architecture here."),
        });
        file.ReadDynamic().Needed.Should().Contain(name => name.StartsWith("libc.", StringComparison.Ordinal));
        File.Exists(file.ReadInterpreter()).Should().BeTrue();
        file.ReadVersionNeeds().Should().NotBeEmpty();
        ElfWalk.Faults(() => ElfFile.Open(Environment.ProcessPath!)).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Reading_from_disk_equals_reading_from_memory(ElfClass @class, ElfByteOrder byteOrder)
    {
        byte[] image = SampleImage.Build(@class, byteOrder);
        ElfFile inMemory = ElfFile.Parse(image);
        using ElfFile onDisk = ElfFile.Open(Write("image", image));

        onDisk.Sections.Select(section => (section.Name, Convert.ToHexString(section.ReadData().Span)))
            .Should().Equal(inMemory.Sections.Select(section => (section.Name, Convert.ToHexString(section.ReadData().Span))));
        ElfWalk.Faults(() => ElfFile.Open(onDisk.Path!)).Should().BeEmpty();
    }

    [Fact]
    public void Opening_reads_only_the_tables()
    {
        const int DataSize = 64 << 20;
        var builder = new ElfBuilder(ElfClass.Elf64, ElfByteOrder.LittleEndian);
        builder.Add(new() { Name = ".big", Type = ElfSectionType.ProgramBits, Data = new byte[DataSize] });
        builder.Add(new() { Name = ".small", Type = ElfSectionType.ProgramBits, Data = [42] });
        string path = Write("big", builder.Build());

        long before = GC.GetAllocatedBytesForCurrentThread();
        using ElfFile file = ElfFile.Open(path);
        file.TryGetSection(".small", out ElfSection small).Should().BeTrue();
        byte value = small.ReadData().Span[0];
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        value.Should().Be(42);
        allocated.Should().BeLessThan(1 << 20);
        ElfFile limited = ElfFile.Open(path, new ElfReadLimits { MaxSectionSize = DataSize - 1 });
        limited.Sections[1].Invoking(section => section.ReadData()).Should().Throw<ElfFormatException>().Where(fault => fault.Code == ElfErrorCode.LimitExceeded && fault.Section == ".big" && fault.File == path);
        limited.Dispose();
        limited.Sections[2].Invoking(section => section.ReadData()).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Views_do_not_allocate()
    {
        ElfFile file = ElfFile.Parse(File.ReadAllBytes(TestData.PathOf("testdata/bpf/elf_sample.bpf.o")));
        file.TryGetSection(ElfSectionType.SymbolTable, out ElfSection section).Should().BeTrue();
        file.TryGetSection(ElfSectionType.Rel, out ElfSection relocationSection).Should().BeTrue();
        ElfSymbolTable symbols = section.ReadSymbols();
        ElfRelocationTable relocations = relocationSection.ReadRelocations();
        ulong total = Sum();

        long before = GC.GetAllocatedBytesForCurrentThread();
        ulong again = Sum();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        again.Should().Be(total);

        ulong Sum()
        {
            ulong sum = 0;
            foreach (ElfSymbol symbol in symbols)
                sum += symbol.Value + symbol.Size + symbol.SectionIndex + (ulong)symbol.NameBytes.Length;
            foreach (ElfRelocation relocation in relocations)
                sum += relocation.Offset + relocation.SymbolIndex;
            foreach (ElfSection each in file.Sections)
                sum += each.Offset + each.Size + (ulong)each.NameBytes.Length;
            return file.TryGetSection(".BTF"u8, out ElfSection btf) ? sum + btf.Size : 0;
        }
    }

    [Fact]
    public void What_is_no_regular_file_is_refused_without_waiting()
    {
        string pipe = Path.Combine(_directory, "pipe");
        string link = Path.Combine(_directory, "link");
        Code(_directory).Should().Be(ElfErrorCode.NotAFile);
        Code(Write("empty", [])).Should().Be(ElfErrorCode.Empty);
        this.Invoking(_ => ElfFile.Open(Path.Combine(_directory, "absent"))).Should().Throw<FileNotFoundException>();

        Assert.SkipWhen(OperatingSystem.IsWindows(), "Named pipes are no files on Windows.");
        MakePipe(pipe, 0x180).Should().Be(0);
        File.CreateSymbolicLink(link, pipe);
        Code(pipe).Should().Be(ElfErrorCode.Empty);
        Code(link).Should().Be(ElfErrorCode.Empty);
        Code("/dev/null").Should().Be(ElfErrorCode.Empty);

        static ElfErrorCode Code(string path) =>
            FluentActions.Invoking(() => ElfFile.Open(path)).Should().Throw<ElfFormatException>().Which.Code;
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MakePipe([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
