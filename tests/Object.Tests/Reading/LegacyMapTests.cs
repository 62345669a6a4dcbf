using System.Buffers.Binary;

namespace P3Ebpf.Object.Tests;

public sealed class LegacyMapTests
{
    private const int DefinitionLength = 20;

    public static TheoryData<int, uint, string> Faults => new()
    {
        { 0, 0, "*map 'pairs' has no type*" },
        { 4, uint.MaxValue, "*map 'pairs' has keys or values of 4294967295 bytes*" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_definition_that_makes_no_sense_is_named(int offset, uint value, string message) =>
        FluentActions.Invoking(() => Read(definition => BinaryPrimitives.WriteUInt32LittleEndian(definition[offset..], value)))
            .Should().Throw<BpfObjectFormatException>().WithMessage(message).Which.Section.Should().Be("maps");

    [Fact]
    public void Without_a_second_map_what_follows_the_definition_must_be_zero()
    {
        // The symbol of 'counters' moves onto 'pairs', so that the 20 bytes after the definition of 'pairs' are its own.
        byte[] file = ObjectFile.Bytes("legacy_maps");
        using (ElfFile elf = ElfFile.Parse(file))
        {
            elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
            int counters = table.ReadSymbols().Single(symbol => symbol.Name == "counters").Index;
            file[(int)table.Offset + (counters * 24) + 4] = (byte)ElfSymbolType.Func;
        }

        FluentActions.Invoking(() => BpfObjectSpec.Parse(file, "legacy")).Should().Throw<BpfObjectFormatException>().WithMessage("*map 'pairs' says more than struct bpf_map_def*");
    }

    [Fact]
    public void A_definition_is_five_numbers_and_has_its_types_beside_it()
    {
        BpfObjectSpec spec = ObjectFile.Read("legacy_maps");

        spec.Maps.Select(map => $"{map.Name}: {map.Type} {map.KeySize} {map.ValueSize} {map.MaxEntries} {map.Flags}").Should().Equal(
            "pairs: Hash 4 8 16 NoPrealloc", "counters: Array 4 8 4 None", "other: Array 4 8 2 None");
        BpfMapSpec pairs = spec.Maps["pairs"];
        spec.Btf!.ResolveModifiers(new BtfTypeId(pairs.BtfValueTypeId)).Name.ToString().Should().Be("pair");
        spec.Btf.SizeOf(new BtfTypeId(pairs.BtfKeyTypeId)).Should().Be(4);
        (spec.Maps["counters"].BtfKeyTypeId, spec.Maps["counters"].BtfValueTypeId).Should().Be((0u, 0u));
        spec.Programs["sum"].Function.Relocations.Select(relocation => relocation.Map!.Name).Should().BeEquivalentTo("counters", "other", "pairs");
        spec.Warnings.Should().HaveCount(2).And.Contain(warning => warning.StartsWith("section maps/other defines maps in the old way"));
    }

    private static BpfMapSpec[] Maps(Func<PatchedObject, PatchedObject> change, BtfBuilder? types = null, bool littleEndian = true)
    {
        using PatchedObject file = change(new PatchedObject("legacy_maps"));
        using ElfFile elf = file.ToElf();
        elf.TryGetSection("maps", out ElfSection maps).Should().BeTrue();
        elf.TryGetSection(ElfSectionType.SymbolTable, out ElfSection table).Should().BeTrue();
        List<ElfSymbol> symbols = [];
        foreach (ElfSymbol symbol in table.ReadSymbols())
        {
            if (symbol.SectionIndex == (uint)maps.Index)
                symbols.Add(symbol);
        }

        return [.. new LegacyMapReader("legacy", types?.ToSpec(), littleEndian).Read(maps, symbols)];
    }

    private const byte Function = 0x12;

    [Fact]
    public void A_definition_ends_where_the_next_begins_or_the_section_does()
    {
        Maps(file => file.Symbol("counters", value: 16)).Select(map => (map.Name, map.Type, map.MaxEntries, map.Flags, map.Place.Offset)).Should().Equal(
            ("pairs", BpfMapType.Hash, 16u, BpfMapFlags.None, 0L), ("counters", BpfMapType.Hash, 8u, (BpfMapFlags)4, 16L));
        Maps(file => file.Symbol("counters", value: 24).Symbol("pairs", info: Function)).Should().ContainSingle().Which.Should().BeEquivalentTo(
            new { Name = "counters", Type = (BpfMapType)4, KeySize = 8, ValueSize = 4, MaxEntries = 0u, Flags = BpfMapFlags.None });
        Maps(file => file, littleEndian: false)[0].MaxEntries.Should().Be(16u << 24);
    }

    [Theory]
    [InlineData(25, Function, "*map 'counters' has no room for the 16 bytes that define one", 25)]
    [InlineData(40, Function, "*map 'counters' has no room*", 40)]
    [InlineData(41, Function, "*map 'counters' has no room*", 41)]
    [InlineData(24, 0x11, "*map 'pairs' says more than struct bpf_map_def does*", 20)]
    [InlineData(15, 0x11, "*map 'pairs' has no room*", 0)]
    public void A_definition_that_is_cut_off_or_too_long_is_refused_with_its_place(ulong counters, byte pairs, string message, long offset)
    {
        BpfObjectFormatException refusal = FluentActions.Invoking(() => Maps(file => file.Symbol("counters", value: counters).Symbol("pairs", info: pairs)))
            .Should().Throw<BpfObjectFormatException>().WithMessage(message).Which;

        (refusal.Section, refusal.Offset, refusal.File).Should().Be(("maps", offset, "legacy"));
    }

    [Fact]
    public void A_section_without_definitions_is_refused() =>
        FluentActions.Invoking(() => Maps(file => file.Symbol("counters", info: Function).Symbol("pairs", info: Function))).Should().Throw<BpfObjectFormatException>()
            .WithMessage("*no symbol says where a map is defined").Which.Offset.Should().Be(0);

    [Theory]
    [InlineData(4u, 8u, true)]
    [InlineData(8u, 8u, false)]
    [InlineData(4u, 4u, false)]
    [InlineData(4u, null, false)]
    public void Types_count_where_they_have_the_sizes_of_the_definition(uint keySize, uint? valueSize, bool areTaken)
    {
        var types = new BtfBuilder();
        BtfTypeId key = types.AddInt("key", keySize), value = types.AddInt("value", valueSize ?? 8);
        BtfMember[] members = [new("key", key, 0, 0), new("value", value, 32, 0)];
        _ = types.AddStruct("____btf_map_pairs", 16, valueSize is null ? members[..1] : members);

        BpfMapSpec pairs = Maps(file => file, types)[0];

        (pairs.BtfKeyTypeId, pairs.BtfValueTypeId).Should().Be(areTaken ? (key.Value, value.Value) : (0u, 0u));
    }

    private static BpfObjectSpec Read(Change change)
    {
        byte[] file = ObjectFile.Bytes("legacy_maps");
        using (ElfFile elf = ElfFile.Parse(file))
        {
            elf.TryGetSection("maps", out ElfSection maps).Should().BeTrue();
            change(file.AsSpan((int)maps.Offset, DefinitionLength));
        }

        return BpfObjectSpec.Parse(file, "legacy");
    }

    private delegate void Change(Span<byte> definition);
}
