using System.Buffers.Binary;

namespace P3Ebpf.Elf.Tests;

public sealed class ElfUsdtProbeTests
{
    public static TheoryData<string> All => Programs.Names;

    public static TheoryData<ElfClass, ElfByteOrder> Encodings => SampleImage.Encodings;

    [Theory]
    [MemberData(nameof(All))]
    public void Probes_are_those_that_readelf_lists(string program)
    {
        using ElfFile file = Programs.Open(program);

        IReadOnlyList<ElfUsdtProbe> probes = file.ReadUsdtProbes();

        probes.Select(probe => (probe.Provider, probe.Name, probe.Address, probe.SemaphoreAddress, probe.Arguments))
            .Should().Equal(Programs.ProbesByReadelf(program)).And.NotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_probe_is_a_no_operation_and_its_semaphore_zero(string program)
    {
        byte[] image = Programs.Bytes(program);
        ElfFile file = ElfFile.Parse(image);
        byte[] nop = program == "probes.arm64" ? [0x1f, 0x20, 0x03, 0xd5] : [0x90];

        foreach (ElfUsdtProbe probe in file.ReadUsdtProbes())
        {
            probe.Offset.Should().Be(Programs.OffsetBySection(file, probe.Address), probe.Name);
            image.AsSpan((int)probe.Offset!.Value, nop.Length).ToArray().Should().Equal(nop, probe.Name);
            bool hasSemaphore = probe.Provider == "p3sample";
            (probe.SemaphoreAddress != 0, probe.SemaphoreOffset.HasValue).Should().Be((hasSemaphore, hasSemaphore), probe.Name);
            if (!hasSemaphore)
                continue;
            file.TryGetSection(".probes", out ElfSection semaphores).Should().BeTrue();
            probe.SemaphoreOffset.Should().Be(probe.SemaphoreAddress - semaphores.Address + semaphores.Offset).And.BeInRange(semaphores.Offset, semaphores.Offset + semaphores.Size - 2);
        }
    }

    [Fact]
    public void Semaphores_are_those_of_their_probe()
    {
        using ElfFile file = Programs.Open("probes.fixed");
        file.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
        ElfSymbolTable symbols = table.ReadSymbols();

        foreach (ElfUsdtProbe probe in file.ReadUsdtProbes().Where(probe => probe.SemaphoreAddress != 0))
        {
            symbols.TryGet($"{probe.Provider}_{probe.Name}_semaphore", out ElfSymbol symbol).Should().BeTrue();
            probe.SemaphoreAddress.Should().Be(symbol.Value);
        }
    }

    [Fact]
    public void What_prelink_moved_is_found_again()
    {
        byte[] image = Programs.Bytes("probes.fixed");
        IReadOnlyList<ElfUsdtProbe> original = ElfFile.Parse(image).ReadUsdtProbes();
        MoveAll(image, 0x10000);

        IReadOnlyList<ElfUsdtProbe> moved = ElfFile.Parse(image).ReadUsdtProbes();

        moved.Should().Equal(original.Select(probe => probe with
        {
            Address = probe.Address + 0x10000, SemaphoreAddress = probe.SemaphoreAddress == 0 ? 0 : probe.SemaphoreAddress + 0x10000,
        }));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Notes_of_every_class_and_byte_order_are_read(ElfClass @class, ElfByteOrder byteOrder)
    {
        ElfFile file = ElfFile.Parse(Image(@class, byteOrder, writer => writer
            .Word(0x40).Word(0).Word(0x50).Text("provider\0größe\0-4@%eax\0"), isLoaded: true));

        // The segment of these images may be executed but not written.
        file.ReadUsdtProbes().Should().Equal(new ElfUsdtProbe("provider", "größe", "-4@%eax", 0x40, 0x50, 0x40, null));
    }

    [Theory]
    [InlineData("p\0n\0\0", "")]
    [InlineData("p\0n\0:rest\0", "")]
    [InlineData("p\0n\08@%rax\0\0\0", "8@%rax")]
    public void Arguments_end_at_the_first_zero(string strings, string arguments)
    {
        ElfFile file = ElfFile.Parse(Image(ElfClass.Elf64, ElfByteOrder.LittleEndian, writer => writer.Word(1).Word(2).Word(0).Text(strings)));

        file.ReadUsdtProbes().Should().Equal(new ElfUsdtProbe("p", "n", arguments, 1, 0, null, null));
    }

    [Theory]
    [InlineData("", "*three addresses*")]
    [InlineData("p", "*provider*no end*")]
    [InlineData("p\0name", "*name*no end*")]
    [InlineData("p\0n\08@%rax", "*arguments*no end*")]
    [InlineData("p\0n\0", "*arguments*no end*")]
    [InlineData("p\0\08@%rax\0", "*'p' has no name*")]
    public void Malformed_notes_are_refused(string strings, string message)
    {
        byte[] image = Image(ElfClass.Elf64, ElfByteOrder.LittleEndian, writer => _ = strings.Length == 0 ? writer.Word(1).Word(2) : writer.Word(1).Word(2).Word(0).Text(strings));

        ElfFile.Parse(image).Invoking(file => file.ReadUsdtProbes()).Should().Throw<ElfFormatException>().WithMessage(message)
            .Which.Should().Match<ElfFormatException>(fault => fault.Code == ElfErrorCode.BadNote && fault.Section == ".note.stapsdt" && fault.Offset > 0);
    }

    [Fact]
    public void Notes_of_others_are_passed_over()
    {
        byte[] image = Image(ElfClass.Elf64, ElfByteOrder.LittleEndian, writer => writer.Word(1), owner: "other");

        ElfFile.Parse(image).ReadUsdtProbes().Should().BeEmpty();
        ElfFile.Parse(SampleImage.Build(ElfClass.Elf64, ElfByteOrder.LittleEndian)).ReadUsdtProbes().Should().BeEmpty();
    }

    /// <summary>Adds to the addresses of all sections and loadable segments, as prelink does; notes keep theirs.</summary>
    private static void MoveAll(byte[] image, ulong distance)
    {
        ElfFile file = ElfFile.Parse(image);
        int sections = (int)BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(40)), segments = (int)BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(32));
        IEnumerable<int> addresses =
        [
            .. file.Sections.Where(section => section.Address != 0).Select(section => sections + section.Index * 64 + 16),
            .. file.Segments.Where(segment => segment.Type == ElfSegmentType.Load).Select(segment => segments + segment.Index * 56 + 16),
        ];
        foreach (int at in addresses.ToList())
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), BinaryPrimitives.ReadUInt64LittleEndian(image.AsSpan(at)) + distance);
    }

    private static byte[] Image(ElfClass @class, ElfByteOrder byteOrder, Action<ByteWriter> write, bool isLoaded = false, string owner = "stapsdt")
    {
        var builder = new ElfBuilder(@class, byteOrder);
        ByteWriter content = builder.Writer();
        write(content);
        ByteWriter note = builder.Writer().UInt32(owner.Length + 1).UInt32(content.Length).UInt32(3).Text(owner + "\0").Align(4).Bytes(content.ToArray()).Align(4);
        int text = builder.Add(new() { Name = ".text", Type = ElfSectionType.ProgramBits, Data = new byte[0x100] });
        builder.Add(new() { Name = ".note.stapsdt", Type = ElfSectionType.Note, Data = note.ToArray(), Alignment = 4 });
        if (isLoaded)
            builder.AddSegment(ElfSegmentType.Load, text, 0);
        return builder.Build();
    }
}
