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
