namespace P3Ebpf.Btf.Tests;

/// <summary>Sizes and alignments, and what has none.</summary>
public sealed class BtfSizesTests
{
    private static readonly BtfBuilder Types = new();
    private static readonly BtfTypeId Int = Types.AddInt("int", 4), Long = Types.AddInt("long", 8), Wide = Types.AddInt("__int128", 16, bitCount: 128), Byte = Types.AddInt("char", 1);
    private static readonly BtfTypeId Pointer = Types.AddPtr(Int), Declared = Types.AddFwd("declared"), Prototype = Types.AddFuncProto(Int), Function = Types.AddFunc("f", Prototype, BtfLinkage.Static);

    public static TheoryData<string, Func<BtfTypeId>, uint, int> Sized => new()
    {
        { "int", () => Int, 4, 4 },
        { "long", () => Long, 8, 8 },
        { "__int128", () => Wide, 16, 8 },
        { "pointer", () => Pointer, 8, 8 },
        { "enum", () => Types.AddEnum("e", 2, false), 2, 2 },
        { "enum64", () => Types.AddEnum64("e64", 8, false), 8, 8 },
        { "double", () => Types.AddFloat("double", 8), 8, 8 },
        { "qualified", () => Types.AddTypedef("t", Types.AddConst(Types.AddVolatile(Types.AddRestrict(Types.AddTypeTag("user", Int))))), 4, 4 },
        { "array", () => Types.AddArray(Int, Int, 3), 12, 4 },
        { "array of arrays", () => Types.AddArray(Types.AddArray(Byte, Int, 3), Int, 5), 15, 1 },
        { "array of nothing", () => Types.AddArray(Int, Int, 0), 0, 4 },
        { "the largest array", () => Types.AddArray(Byte, Int, uint.MaxValue), uint.MaxValue, 1 },
        { "variable", () => Types.AddVar("v", Long, BtfLinkage.Global), 8, 0 },
        { "section", () => Types.AddDataSec(".bss", 24), 24, 0 },
        { "tag", () => Types.AddDeclTag("tag", Types.AddTypedef("tagged", Int)), 4, 0 },
        { "struct", () => Struct(16, (Byte, 0), (Long, 64)), 16, 8 },
        { "packed by a place", () => Struct(16, (Byte, 0), (Int, 8), (Long, 64)), 16, 1 },
        { "packed by its size", () => Struct(9, (Long, 0), (Byte, 64)), 9, 1 },
        { "empty struct", () => Struct(0), 0, 1 },
        { "union", () => Types.AddUnion("u", 8, new BtfMember("a", Byte, 0, 0), new BtfMember("b", Long, 0, 0)), 8, 8 },
        { "struct in a struct", () => Struct(8, (Struct(4, (Int, 0)), 32)), 8, 4 },
        { "bitfields", () => Types.AddStruct("bits", 4, new BtfMember("a", Int, 0, 3), new BtfMember("b", Int, 3, 5)), 4, 4 },
        { "struct with what has no alignment", () => Struct(8, (Declared, 0)), 8, 0 },
        { "31 qualifiers", () => Qualified(31), 4, 4 },
    };

    public static TheoryData<string, Func<BtfTypeId>, BtfErrorCode, string> Unsized => new()
    {
        { "void", () => BtfTypeId.Void, BtfErrorCode.Unsized, "void has no size" },
        { "declaration", () => Declared, BtfErrorCode.Unsized, "[6] struct (forward) declared has no size (at byte *, type [6])" },
        { "prototype", () => Prototype, BtfErrorCode.Unsized, "*has no size*" },
        { "function", () => Function, BtfErrorCode.Unsized, "*has no size*" },
        { "array of declarations", () => Types.AddArray(Declared, Int, 3), BtfErrorCode.Unsized, "*has no size*" },
        { "array of 4 GiB", () => Types.AddArray(Types.AddArray(Byte, Int, 1 << 16), Int, 1 << 16), BtfErrorCode.SizeOverflow, "*does not fit into 32 bits*" },
        { "array of ints of 4 GiB", () => Types.AddArray(Int, Int, 1 << 30), BtfErrorCode.SizeOverflow, "the size of * does not fit into 32 bits*" },
        { "no such type", () => new BtfTypeId(9999), BtfErrorCode.BadTypeId, "a type that does not exist has no size*" },
        { "32 qualifiers", () => Qualified(32), BtfErrorCode.TooDeep, "*refers to itself through its typedefs, qualifiers or arrays, or through too many of them*" },
    };

    private static BtfTypeId Struct(uint size, params (BtfTypeId Type, uint BitOffset)[] members) =>
        Types.AddStruct("s", size, [.. members.Select(member => new BtfMember("m", member.Type, member.BitOffset, 0))]);

    private static BtfTypeId Qualified(int count)
    {
        BtfTypeId id = Int;
        for (int i = 0; i < count; i++)
            id = Types.AddConst(id);
        return id;
    }

    [Theory]
    [MemberData(nameof(Sized))]
    public void A_type_has_the_size_and_alignment_that_the_kernel_gives_it(string name, Func<BtfTypeId> add, uint size, int alignment)
    {
        BtfTypeId id = add();
        BtfSpec spec = Types.ToSpec();

        spec.SizeOf(id).Should().Be(size, name);
        spec.TryGetSize(id, out uint found).Should().BeTrue();
        found.Should().Be(size);
        spec.AlignmentOf(id).Should().Be(alignment, name);
    }

    [Theory]
    [MemberData(nameof(Unsized))]
    public void What_has_no_size_says_why(string name, Func<BtfTypeId> add, BtfErrorCode code, string message)
    {
        BtfTypeId id = add();
        BtfSpec spec = Types.ToSpec();

        spec.TryGetSize(id, out uint size).Should().BeFalse(name);
        size.Should().Be(0);
        BtfFormatException failure = spec.Invoking(each => each.SizeOf(id)).Should().Throw<BtfFormatException>().WithMessage("*" + message).Which;
        (failure.Code, failure.TypeId).Should().Be((code, id));
        failure.Offset.Should().Be(spec.TryGetType(id, out BtfType type) && !type.IsVoid ? type.Offset : -1);
    }

    [Fact]
    public void Pointers_of_four_bytes_align_longer_numbers_to_four()
    {
        BtfSpec spec = BtfSpec.Parse(Types.ToArray(), new BtfReadOptions { PointerSize = 4 });

        (spec.SizeOf(Pointer), spec.AlignmentOf(Pointer), spec.AlignmentOf(Long), spec.SizeOf(Long)).Should().Be((4u, 4, 4, 8u));
    }

    [Fact]
    public void Qualifiers_lead_to_what_they_qualify_unless_they_go_in_a_circle()
    {
        var types = new BtfBuilder();
        BtfTypeId number = types.AddInt("int", 4), id = number;
        for (int i = 0; i < 1023; i++)
            id = types.AddTypedef("t", id);
        BtfTypeId tooLong = types.AddTypedef("t", id), circle = types.NextId;
        _ = types.AddConst(new BtfTypeId(circle.Value + 1));
        _ = types.AddVolatile(circle);
        BtfTypeId nested = types.NextId;
        _ = types.AddStruct("self", 8, new BtfMember("self", nested, 0, 0));
        BtfSpec spec = types.ToSpec();

        spec.ResolveModifiers(id).Id.Should().Be(number);
        spec.ResolveModifiers(number).Id.Should().Be(number);
        spec.Invoking(each => each.ResolveModifiers(tooLong)).Should().Throw<BtfFormatException>().Which.TypeId.Should().Be(tooLong);
        spec.Invoking(each => each.ResolveModifiers(circle)).Should().Throw<BtfFormatException>().Which.Code.Should().Be(BtfErrorCode.TooDeep);
        spec.AlignmentOf(nested).Should().Be(0, "damaged types are not followed for ever");
        spec.AlignmentOf(circle).Should().Be(0);
    }
}
