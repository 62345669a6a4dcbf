namespace P3Ebpf.Object.Tests;

/// <summary>Definitions of SEC(".maps") as the macros of bpf_helpers.h make them, right and wrong.</summary>
public sealed class MapDefinitionReaderTests
{
    private const uint IndexType = 1;

    /// <summary>A member of a definition, made in the types of an object.</summary>
    private delegate BtfMember Property(BtfBuilder btf);

    private static Property Number(string name, uint value) => btf => new BtfMember(name, btf.AddPtr(btf.AddArray(new BtfTypeId(IndexType), new BtfTypeId(IndexType), value)), 0, 0);

    private static Property Long(string name, params ulong[] values) => btf => new BtfMember(name, btf.AddEnum64("", 8, false, [.. values.Select(value => ((BtfString)$"V{value}", (long)value))]), 0, 0);

    private static Property Type(string name, Func<BtfBuilder, BtfTypeId> type) => btf => new BtfMember(name, btf.AddPtr(type(btf)), 0, 0);

    private static Property Raw(string name, Func<BtfBuilder, BtfTypeId> type, uint bitOffset = 0) => btf => new BtfMember(name, type(btf), bitOffset, 0);

    private static BtfTypeId Pair(BtfBuilder btf) => btf.AddStruct("pair", 12);

    private static BtfTypeId Definition(BtfBuilder btf, params Property[] properties) => btf.AddStruct("", 32, [.. properties.Select(property => property(btf))]);

    /// <summary>An array of pointers to what fills the slots.</summary>
    private static Property Values(Func<BtfBuilder, BtfTypeId> element, uint bitOffset = 0) =>
        Raw("values", btf => btf.AddArray(btf.AddPtr(element(btf)), new BtfTypeId(IndexType), 0), bitOffset);

    private static BpfMapSpec[] Read(Func<BtfBuilder, (BtfTypeId Definition, BtfLinkage Linkage)>[] maps, Dictionary<string, long>? offsets = null)
    {
        var builder = new BtfBuilder();
        builder.AddInt("int", 4, BtfIntEncoding.Signed).Value.Should().Be(IndexType);
        List<BtfSectionVariable> variables = [];
        foreach (Func<BtfBuilder, (BtfTypeId, BtfLinkage)> map in maps)
        {
            (BtfTypeId definition, BtfLinkage linkage) = map(builder);
            variables.Add(new BtfSectionVariable(builder.AddVar($"map{variables.Count}", definition, linkage), 32u * (uint)variables.Count, 32));
        }

        BtfTypeId section = builder.AddDataSec(".maps", 32u * (uint)variables.Count, [.. variables]);
        BtfSpec spec = builder.ToSpec();
        return [.. new MapDefinitionReader(spec, "object.o").Read(spec[section], 7, offsets ?? [])];
    }

    private static BpfMapSpec Read(params Property[] properties) => Read([btf => (Definition(btf, properties), BtfLinkage.Global)]).Should().ContainSingle().Subject;

    private static void Refused(Func<object> read, string message) =>
        FluentActions.Invoking(read).Should().Throw<BpfObjectFormatException>().WithMessage(message).Which.Section.Should().Be(".maps");

    [Fact]
    public void Every_property_is_understood()
    {
        BpfMapSpec map = Read(
            Number("type", 1), Number("max_entries", 77), Number("map_flags", 0x81), Number("key_size", 8), Number("value_size", 24), Long("map_extra", 0x1_0000_0002), Number("pinning", 1));

        map.Should().BeEquivalentTo(new { Name = "map0", Type = BpfMapType.Hash, MaxEntries = 77u, Flags = (BpfMapFlags)0x81, KeySize = 8, ValueSize = 24, Extra = 0x1_0000_0002ul, IsPinnedByName = true });
        map.Inner.Should().BeNull();
        map.ValuesOffset.Should().BeNull();
    }

    [Fact]
    public void Types_of_keys_and_values_give_their_sizes()
    {
        BpfMapSpec map = Read(Number("type", 2), Type("key", _ => new BtfTypeId(IndexType)), Type("value", Pair), Number("map_extra", 5), Number("pinning", 0));

        map.KeySize.Should().Be(4);
        map.ValueSize.Should().Be(12);
        map.BtfKeyTypeId.Should().Be(IndexType);
        map.BtfValueTypeId.Should().BeGreaterThan(IndexType);
        map.Extra.Should().Be(5);
        map.IsPinnedByName.Should().BeFalse();
        map.Flags.Should().Be(BpfMapFlags.None);
    }

    [Fact]
    public void A_node_is_a_number_and_a_flag()
    {
        BpfMapSpec map = Read(Number("type", 1), Number("map_flags", 1), Number("numa_node", 3));

        map.NumaNode.Should().Be(3);
        map.Flags.Should().Be(BpfMapFlags.NumaNode | (BpfMapFlags)1);
    }

    [Fact]
    public void The_place_of_a_map_is_its_symbols_or_else_that_of_the_types()
    {
        Func<BtfBuilder, (BtfTypeId, BtfLinkage)> map = btf => (Definition(btf, Number("type", 1)), BtfLinkage.Global);

        Read([map, map], new() { ["map1"] = 400 }).Select(read => read.Place).Should().Equal((7, 0L), (7, 400L));
        Read([map, map]).Select(read => read.Place).Should().Equal((7, 0L), (7, 32L));
    }

    [Theory]
    [InlineData(12, BpfMapType.ArrayOfMaps)]
    [InlineData(13, BpfMapType.HashOfMaps)]
    public void Maps_within_a_map_are_defined_by_what_its_values_point_to(uint type, BpfMapType expected)
    {
        BpfMapSpec map = Read(
            Number("type", type), Number("key_size", 4), Values(btf => Definition(btf, Number("type", 2), Number("max_entries", 9), Number("key_size", 4), Number("value_size", 16)), bitOffset: 192));

        map.Type.Should().Be(expected);
        map.ValueSize.Should().Be(4);
        map.ValuesOffset.Should().Be(24);
        map.Inner.Should().BeEquivalentTo(new { Name = "map0.inner", Type = BpfMapType.Array, MaxEntries = 9u, KeySize = 4, ValueSize = 16 });
    }

    [Fact]
    public void Programs_fill_an_array_of_programs()
    {
        BpfMapSpec map = Read(Number("type", 3), Number("key_size", 4), Values(btf => btf.AddFuncProto(default), bitOffset: 64));

        (map.Type, map.ValueSize, map.ValuesOffset).Should().Be((BpfMapType.ProgArray, 4, 8L));
        map.Inner.Should().BeNull();
    }

    public static TheoryData<string, Func<object>> Refusals => new()
    {
        { "*'map0' has no type*", () => Read(Number("max_entries", 1)) },
        { "*'map0' has an unknown property 'colour'*", () => Read(Number("type", 1), Number("colour", 1)) },
        { "*'type' is not a number in the form of __uint()*", () => Read(Raw("type", _ => new BtfTypeId(IndexType))) },
        { "*'type' is not a number in the form of __uint()*", () => Read(Type("type", _ => new BtfTypeId(IndexType))) },
        { "*'type' is not a number in the form of __uint()*", () => Read(Raw("type", btf => btf.AddArray(new BtfTypeId(IndexType), new BtfTypeId(IndexType), 1))) },
        { "*'map_extra' is not a number in the form of __ulong()*", () => Read(Number("type", 1), Long("map_extra", 1, 2)) },
        { "*'map_extra' is not a number in the form of __uint()*", () => Read(Number("type", 1), Raw("map_extra", _ => new BtfTypeId(IndexType))) },
        { "*'key' is not a type in the form of __type()*", () => Read(Number("type", 1), Raw("key", _ => new BtfTypeId(IndexType))) },
        { "*'value' says 12 bytes where 8 were said before*", () => Read(Number("type", 1), Number("value_size", 8), Type("value", Pair)) },
        { "*'key_size' says 8 bytes where 4 were said before*", () => Read(Number("type", 1), Type("key", _ => new BtfTypeId(IndexType)), Number("key_size", 8)) },
        { "*'value_size' says 2147483648 bytes, more than any map can have*", () => Read(Number("type", 1), Number("value_size", 1u << 31)) },
        { "*'pinning' is 2; known are 0 (none) and 1 (by name)*", () => Read(Number("type", 1), Number("pinning", 2)) },
        { "*'values' must be an array*", () => Read(Number("type", 12), Type("values", Pair)) },
        { "*'values' must be an array of pointers*", () => Read(Number("type", 12), Raw("values", btf => btf.AddArray(Pair(btf), new BtfTypeId(IndexType), 0))) },
        { "*of type Hash cannot have 'values'*", () => Read(Number("type", 1), Values(Pair)) },
        { "*'values' must point to a map definition, not to *", () => Read(Number("type", 12), Values(_ => new BtfTypeId(IndexType))) },
        { "*'map0.inner' is nested more than one level deep*", () => Read(Number("type", 12), Values(btf => Definition(btf, Number("type", 12), Values(inner => Definition(inner, Number("type", 1)))))) },
        { "*'map0.inner' is an inner map, which cannot be pinned by name*", () => Read(Number("type", 12), Values(btf => Definition(btf, Number("type", 1), Number("pinning", 1)))) },
        { "*'map0' must be a struct, not *", () => Read([_ => (new BtfTypeId(IndexType), BtfLinkage.Global)]) },
        { "*'map0' must be a global variable*", () => Read([btf => (Definition(btf, Number("type", 1)), BtfLinkage.Static)]) },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_definition_that_makes_no_sense_is_refused(string message, Func<object> read) => Refused(read, message);

    [Fact]
    public void The_largest_size_is_a_size() => Read(Number("type", 1), Number("value_size", int.MaxValue)).ValueSize.Should().Be(int.MaxValue);
}
