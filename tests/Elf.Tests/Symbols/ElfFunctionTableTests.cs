namespace P3Ebpf.Elf.Tests;

public sealed class ElfFunctionTableTests
{
    public static TheoryData<string> All => Programs.Names;

    [Theory]
    [MemberData(nameof(All))]
    public void Functions_are_those_that_readelf_lists(string program)
    {
        using ElfFile file = Programs.Open(program);
        List<(string, ulong)> expected = [.. Programs.FunctionsByReadelf(program, ".dynsym"), .. Programs.FunctionsByReadelf(program, ".symtab")];
        if (program == "probes.minidebug")
            expected.AddRange(Programs.FunctionsByReadelf("probes.pie", ".symtab"));

        IEnumerable<(string, ulong)> functions = file.ReadFunctions().Select(function => (function.ToString(), function.Address));

        if (program == "probes.stripped")
            functions.Should().BeEmpty("all that is left are the names of what it imports");
        else
            functions.Should().NotBeEmpty();
        functions.Should().BeEquivalentTo(expected);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Offsets_by_segments_are_those_by_sections(string program)
    {
        using ElfFile file = Programs.Open(program);

        foreach (ElfFunction function in file.ReadFunctions())
            function.Offset.Should().Be(Programs.OffsetBySection(file, function.Address), function.Name);
    }

    [Theory]
    [InlineData("probes.pie", 0ul)]
    [InlineData("probes.minidebug", 0ul)]
    [InlineData("probes.arm64", 0ul)]
    [InlineData("probes.fixed", 0x400000ul)]
    public void A_function_is_found_by_each_of_its_names(string program, ulong loadAddress)
    {
        using ElfFile file = Programs.Open(program);
        ulong address = Programs.AddressesByReadelf(program == "probes.minidebug" ? "probes.pie" : program, "work").Single();

        file.TryFindFunctionOffset("work", out ulong offset).Should().BeTrue();
        file.TryFindFunctionOffset("work_alias", out ulong alias).Should().BeTrue();

        (offset, alias).Should().Be((address - loadAddress, address - loadAddress));
        file.TryFindFunctionOffset("wor", out _).Should().BeFalse();
        file.TryFindFunctionOffset("work2", out _).Should().BeFalse();
    }

    [Fact]
    public void Functions_of_one_name_at_two_places_are_ambiguous()
    {
        ElfFunctionMatch match = Find("probes.pie", "duplicate");

        match.Kind.Should().Be(ElfFunctionMatchKind.Ambiguous);
        match.Functions.Select(function => function.Address).Should().BeEquivalentTo(Programs.AddressesByReadelf("probes.pie", "duplicate")).And.HaveCount(2);
    }

    [Theory]
    [InlineData("probes.pie", "puts", ElfFunctionMatchKind.Imported, "libc.so.6")]
    [InlineData("probes.pie", "puts@GLIBC_2.2.5", ElfFunctionMatchKind.Imported, "libc.so.6")]
    [InlineData("probes.stripped", "puts", ElfFunctionMatchKind.Imported, "libc.so.6")]
    [InlineData("probes.pie", "total", ElfFunctionMatchKind.NotAFunction, null)]
    [InlineData("libversions.so", "exported_data", ElfFunctionMatchKind.NotAFunction, null)]
    [InlineData("probes.pie", "probes.c", ElfFunctionMatchKind.NotFound, null)]
    [InlineData("probes.pie", "", ElfFunctionMatchKind.NotFound, null)]
    [InlineData("probes.stripped", "work", ElfFunctionMatchKind.NotFound, null)]
    public void What_cannot_be_probed_says_why(string program, string name, ElfFunctionMatchKind kind, string? library)
    {
        ElfFunctionMatch match = Find(program, name);

        (match.Kind, match.Library, match.Functions.Count).Should().Be((kind, library, 0));
    }

    [Theory]
    [InlineData("answer", ElfFunctionMatchKind.Ambiguous, "answer@@P3_2.0 answer@P3_1.0")]
    [InlineData("answer@P3_1.0", ElfFunctionMatchKind.Found, "answer@P3_1.0")]
    [InlineData("answer@@P3_2.0", ElfFunctionMatchKind.Found, "answer@@P3_2.0")]
    [InlineData("answer@P3_2.0", ElfFunctionMatchKind.Found, "answer@@P3_2.0")]
    [InlineData("answer@P3_3.0", ElfFunctionMatchKind.OtherVersion, "answer@@P3_2.0 answer@P3_1.0")]
    [InlineData("answer@P3", ElfFunctionMatchKind.OtherVersion, "answer@@P3_2.0 answer@P3_1.0")]
    [InlineData("same", ElfFunctionMatchKind.Found, "same@@P3_2.0")]
    [InlineData("gone", ElfFunctionMatchKind.Found, "gone@P3_1.0")]
    [InlineData("twice@@P3_1.0", ElfFunctionMatchKind.Found, "twice@@P3_1.0")]
    [InlineData("hidden_helper", ElfFunctionMatchKind.Found, "hidden_helper")]
    [InlineData("hidden_helper@P3_1.0", ElfFunctionMatchKind.OtherVersion, "hidden_helper")]
    public void Versions_tell_functions_apart(string name, ElfFunctionMatchKind kind, string functions)
    {
        ElfFunctionMatch match = Find("libversions.so", name);

        match.Kind.Should().Be(kind);
        match.Functions.Select(function => function.ToString()).Should().BeEquivalentTo(functions.Split(' '));
    }

    [Fact]
    public void Versions_of_one_name_lie_where_readelf_says()
    {
        ulong Address(string name) => Programs.FunctionsByReadelf("libversions.so", ".dynsym").Single(function => function.Name == name).Address;

        Find("libversions.so", "answer@P3_1.0").Functions[0].Address.Should().Be(Address("answer@P3_1.0"));
        Find("libversions.so", "answer@P3_2.0").Functions[0].Address.Should().Be(Address("answer@@P3_2.0")).And.NotBe(Address("answer@P3_1.0"));
    }

    [Fact]
    public void Indirect_functions_are_found_and_marked()
    {
        ElfFunctionMatch match = Find("probes.pie", "chosen");

        (match.Kind, match.Functions[0].IsIndirect).Should().Be((ElfFunctionMatchKind.Found, true));
        match.Functions[0].Address.Should().Be(Programs.AddressesByReadelf("probes.pie", "resolve_chosen").Single());
        Find("probes.pie", "resolve_chosen").Functions[0].IsIndirect.Should().BeFalse();
    }

    [Theory]
    [InlineData("dup*", "duplicate duplicate")]
    [InlineData("work*", "work")]
    [InlineData("?ork", "work")]
    [InlineData("work_*", "work_alias")]
    [InlineData("*laceabl?", "replaceable")]
    [InlineData("chosen", "")]
    [InlineData("put?", "")]
    [InlineData("", "")]
    public void Patterns_find_each_place_once(string pattern, string names)
    {
        using ElfFile file = Programs.Open("probes.pie");

        file.ReadFunctions().Match(pattern).Select(function => function.Name).Should().Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_pattern_yields_places_in_order()
    {
        using ElfFile file = Programs.Open("libversions.so");

        List<ulong> offsets = [.. file.ReadFunctions().Match("*").Select(function => function.Offset)];

        offsets.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        offsets.Should().BeEquivalentTo(file.ReadFunctions().Select(function => function.Offset).Distinct());
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("?", "", false)]
    [InlineData("a*b*c", "abc", true)]
    [InlineData("a*b*c", "a_b_b_c", true)]
    [InlineData("a*b*c", "a_b_c_", false)]
    [InlineData("*bc", "abcbc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("**a", "a", true)]
    [InlineData("a", "ab", false)]
    [InlineData("[a]", "a", false)]
    public void Patterns_match_whole_names(string pattern, string name, bool matches) =>
        ElfFunctionName.Matches(System.Text.Encoding.UTF8.GetBytes(pattern), System.Text.Encoding.UTF8.GetBytes(name)).Should().Be(matches);

    public static TheoryData<ElfClass, ElfByteOrder> Encodings => SampleImage.Encodings;

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_weak_function_yields_to_any_other(ElfClass @class, ElfByteOrder byteOrder)
    {
        byte[] image = Image(@class, byteOrder, isLoaded: true,
            ("f", 0x10, 0x22), ("f", 0x20, 0x12), ("f", 0x30, 0x22), ("weak", 0x40, 0x22), ("weak", 0x50, 0x22), ("beyond", 0x1000, 0x12));
        ElfFunctionTable functions = ElfFile.Parse(image).ReadFunctions();

        functions.Find("f").Functions.Select(function => function.Offset).Should().Equal(0x20);
        functions.Find("weak").Should().Match<ElfFunctionMatch>(match => match.Kind == ElfFunctionMatchKind.Found && match.Functions[0].Offset == 0x40);
        functions.Find("beyond").Kind.Should().Be(ElfFunctionMatchKind.NotInFile);
        functions.Match("*").Select(function => function.Offset).Should().Equal(0x10, 0x20, 0x30, 0x40, 0x50);
    }

    [Fact]
    public void Object_files_have_no_places_for_probes()
    {
        ElfFunctionTable functions = ElfFile.Parse(Image(ElfClass.Elf64, ElfByteOrder.LittleEndian, isLoaded: false, ("f", 0x10, 0x12))).ReadFunctions();

        functions.Find("f").Kind.Should().Be(ElfFunctionMatchKind.NotInFile);
        functions.Should().BeEmpty();
        ElfFile.Parse(Image(ElfClass.Elf64, ElfByteOrder.LittleEndian, isLoaded: true)).ReadFunctions().Find("f").Kind.Should().Be(ElfFunctionMatchKind.NoSymbols);
    }

    private static ElfFunctionMatch Find(string program, string name) => ElfFile.Parse(Programs.Bytes(program)).ReadFunctions().Find(name);

    /// <summary>An image whose addresses are offsets, with these symbols in its only section.</summary>
    private static byte[] Image(ElfClass @class, ElfByteOrder byteOrder, bool isLoaded, params (string Name, int Address, int Info)[] symbols)
    {
        var builder = new ElfBuilder(@class, byteOrder);
        var names = new StringTableBuilder();
        ByteWriter table = builder.Writer();
        foreach ((string name, int address, int info) in symbols.Prepend(("", 0, 0)))
        {
            table.UInt32(name.Length == 0 ? 0 : names.Add(name));
            if (@class == ElfClass.Elf64)
                table.Byte(info).Byte(0).UInt16(1).Word(address).Word(0);
            else
                table.Word(address).Word(0).Byte(info).Byte(0).UInt16(1);
        }

        int text = builder.Add(new() { Name = ".text", Type = ElfSectionType.ProgramBits, Data = new byte[0x100] });
        int strings = builder.Add(new() { Name = ".strtab", Type = ElfSectionType.StringTable, Data = names.ToArray() });
        builder.Add(new() { Name = ".symtab", Type = ElfSectionType.SymbolTable, Data = table.ToArray(), Link = strings, EntrySize = 8 + 2 * table.WordSize });
        if (isLoaded)
            builder.AddSegment(ElfSegmentType.Load, text, 0);
        return builder.Build();
    }
}
