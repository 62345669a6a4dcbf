using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreTypeRelocationTests
{
    /// <summary>What a typedef stands for on both sides; whether the types are compatible, and whether they match.</summary>
    public static TheoryData<string, string, bool, bool> Types => new()
    {
        { "void", "void", true, true },
        { "int", "int", true, true }, { "int", "other int", true, false }, { "int", "wide int", true, false }, { "int", "unsigned int", true, false },
        { "int", "old bitfield int", false, true }, { "int", "const int", true, true }, { "int", "void", false, false },
        { "float", "float", false, false },
        { "struct s", "struct s", true, true }, { "struct s", "struct s reordered", true, true }, { "struct s", "struct s short", true, false },
        { "struct s", "struct t", true, false }, { "struct s", "union s", false, false }, { "struct s", "fwd s", false, false },
        { "struct s", "struct s retyped", true, false }, { "struct s short", "struct s", true, true },
        { "ptr int", "ptr int", true, true }, { "ptr int", "ptr wide int", true, false }, { "ptr int", "ptr void", false, false },
        { "ptr struct s", "ptr struct s short", true, true }, { "ptr struct s", "ptr fwd s", false, true }, { "ptr struct s", "ptr fwd union s", false, false },
        { "ptr fwd s", "ptr struct s", false, true }, { "ptr fwd s", "ptr fwd s", true, true }, { "ptr fwd s", "ptr union s", false, false },
        { "ptr struct s", "ptr union s", false, false }, { "ptr struct s", "ptr struct t", true, false },
        { "fwd s", "fwd s", true, true }, { "fwd s", "fwd union s", true, false },
        { "int[2]", "int[2]", true, true }, { "int[2]", "int[3]", true, false }, { "int[2]", "wide int[2]", true, false },
        { "enum e", "enum e", true, true }, { "enum e", "enum e more", true, true }, { "enum e more", "enum e", true, false },
        { "enum e", "enum e renamed", true, false }, { "enum e", "enum e renamed first", true, false }, { "struct outer s", "struct outer s", true, true }, { "struct outer s", "struct outer s short", true, false }, { "enum e", "enum e revalued", true, true }, { "enum e", "enum64 e", true, false },
        { "enum e", "enum e___flavour", true, true },
        { "int(int)", "int(int)", true, true }, { "int(int)", "int(int, int)", false, false }, { "int(int)", "int(ptr)", false, false },
        { "int(int)", "void(int)", false, false }, { "int(int)", "int(wide int)", true, false },
    };

    private static uint TypeOf(TestBtf btf, string text) => text switch
    {
        "void" => 0,
        "int" => btf.S32,
        "other int" => btf.Int("pid", 4, BtfIntEncoding.Signed),
        "wide int" => btf.Int("int", 8, BtfIntEncoding.Signed),
        "unsigned int" => btf.Int("int", 4),
        "old bitfield int" => btf.Int("int", 4, BtfIntEncoding.Signed, bitOffset: 1),
        "float" => btf.Float("float", 4),
        "struct s" => btf.Struct("s", 8, new TestMember("a", btf.S32, 0), new TestMember("b", btf.U32, 32)),
        "struct s reordered" => btf.Struct("s", 24, new TestMember("c", btf.U8, 0), new TestMember("b", btf.U32, 64), new TestMember("a", btf.S32, 128)),
        "struct s short" => btf.Struct("s", 4, new TestMember("a", btf.S32, 0)),
        "struct s retyped" => btf.Struct("s", 8, new TestMember("a", btf.Ptr(0), 0), new TestMember("b", btf.U32, 64)),
        "struct outer s" => btf.Struct("outer", 8, new TestMember("inner", TypeOf(btf, "struct s"), 0)),
        "struct outer s short" => btf.Struct("outer", 8, new TestMember("inner", TypeOf(btf, "struct s short"), 0)),
        "struct t" => btf.Struct("t", 8, new TestMember("a", btf.S32, 0), new TestMember("b", btf.U32, 32)),
        "union s" => btf.Union("s", 4, new TestMember("a", btf.S32, 0), new TestMember("b", btf.U32, 0)),
        "fwd s" => btf.Fwd("s"),
        "fwd union s" => btf.Fwd("s", union: true),
        "int[2]" => btf.Array(btf.S32, 2),
        "int[3]" => btf.Array(btf.S32, 3),
        "wide int[2]" => btf.Array(TypeOf(btf, "wide int"), 2),
        "enum e" => btf.Enum("e", signed: false, ("A", 1), ("B", 2)),
        "enum e more" => btf.Enum("e", signed: false, ("Z", 0), ("B", 2), ("A", 1)),
        "enum e renamed first" => btf.Enum("e", signed: false, ("C", 1), ("B", 2)),
        "enum e renamed" => btf.Enum("e", signed: false, ("A", 1), ("C", 2)),
        "enum e revalued" => btf.Enum("e", signed: true, ("A", 7), ("B", -2)),
        "enum e___flavour" => btf.Enum("e___x", signed: false, ("A___y", 1), ("B", 2)),
        "enum64 e" => btf.Enum64("e", signed: false, ("A", 1), ("B", 2)),
        "int(int)" => btf.FuncProto(btf.S32, btf.S32),
        "int(int, int)" => btf.FuncProto(btf.S32, btf.S32, btf.S32),
        "int(ptr)" => btf.FuncProto(btf.S32, btf.Ptr(0)),
        "int(wide int)" => btf.FuncProto(btf.S32, TypeOf(btf, "wide int")),
        "void(int)" => btf.FuncProto(0, btf.S32),
        _ when text.StartsWith("ptr ", StringComparison.Ordinal) => btf.Ptr(TypeOf(btf, text[4..])),
        _ when text.StartsWith("const ", StringComparison.Ordinal) => btf.Const(TypeOf(btf, text[6..])),
        _ => throw new ArgumentException(text),
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Compatibility_looks_at_kinds_and_matching_at_everything_else_too(string local, string target, bool compatible, bool matches)
    {
        TestBtf ours = new(), theirs = new();
        uint root = ours.Typedef("t", TypeOf(ours, local));
        uint there = theirs.Typedef("t", TypeOf(theirs, target));

        Ask(ours, theirs, root, "0", CoreRelocationKind.TypeExists, 1).Value.Should().Be(compatible ? 1ul : 0ul);
        Ask(ours, theirs, root, "0", CoreRelocationKind.TypeMatches, 1).Value.Should().Be(matches ? 1ul : 0ul);
        CoreTypeCompatibility.AreCompatible(ours.Build(), new BtfTypeId(root), theirs.Build(), new BtfTypeId(there)).Should().Be(compatible);
    }

    [Fact]
    public void Ids_and_sizes_are_the_targets()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4);
        _ = target.Typedef("s", target.S32);
        uint there = target.Struct("s___x", 48);

        Ask(local, target, root, "0", CoreRelocationKind.TypeIdTarget, 9999).Value.Should().Be(there);
        Ask(local, target, root, "0", CoreRelocationKind.TypeIdLocal, 9999).Value.Should().Be(root);
        Ask(local, target, root, "0", CoreRelocationKind.TypeSize, 4).Value.Should().Be(48);
        Ask(local, target, root, "0", CoreRelocationKind.TypeSize, 5).Error.Should().Be(CoreErrorCode.Einval);
    }

    [Theory]
    [InlineData(CoreRelocationKind.TypeIdTarget, 9999)]
    [InlineData(CoreRelocationKind.TypeExists, 1)]
    [InlineData(CoreRelocationKind.TypeSize, 4)]
    [InlineData(CoreRelocationKind.TypeMatches, 1)]
    public void A_missing_type_answers_zero(CoreRelocationKind kind, int original)
    {
        TestBtf local = new();
        uint root = local.Struct("s", 4);

        CoreRelocationResult result = Ask(local, new TestBtf(), root, "0", kind, original);

        result.Outcome.Should().Be(CoreRelocationOutcome.Absent);
        result.Value.Should().Be(0);
        result.Message.Should().Be("target has no struct s");
    }

    [Fact]
    public void A_type_without_size_has_none()
    {
        TestBtf local = new();

        Ask(local, new TestBtf(), local.Fwd("s"), "0", CoreRelocationKind.TypeSize, 0).Error.Should().Be(CoreErrorCode.Einval);
    }

    [Theory]
    [InlineData(31, CoreErrorCode.None)]
    [InlineData(32, CoreErrorCode.Einval)]
    public void Pointers_may_nest_31_levels_deep(int levels, CoreErrorCode error)
    {
        TestBtf local = new();
        uint type = local.S32;
        for (int i = 0; i < levels; i++)
            type = local.Ptr(type);
        uint root = local.Typedef("t", type);

        Ask(local, local, root, "0", CoreRelocationKind.TypeExists, 1).Error.Should().Be(error);
        Ask(local, local, root, "0", CoreRelocationKind.TypeMatches, 1).Error.Should().Be(error);
    }

    [Theory]
    [InlineData(31, CoreErrorCode.None)]
    [InlineData(32, CoreErrorCode.Einval)]
    public void Structs_may_nest_31_levels_deep_to_be_matched(int levels, CoreErrorCode error)
    {
        TestBtf local = new();
        uint type = local.S32;
        for (int i = 0; i < levels; i++)
            type = local.Struct($"s{i}", 4, new TestMember("m", type, 0));

        Ask(local, local, type, "0", CoreRelocationKind.TypeMatches, 1).Error.Should().Be(error);
        Ask(local, local, type, "0", CoreRelocationKind.TypeExists, 1).Error.Should().Be(CoreErrorCode.None, "their members are not compared");
    }

    [Theory]
    [InlineData(31, CoreErrorCode.None, CoreErrorCode.None)]
    [InlineData(32, CoreErrorCode.None, CoreErrorCode.Einval)]
    [InlineData(33, CoreErrorCode.Einval, CoreErrorCode.Einval)]
    public void Prototypes_may_nest_as_deep_as_libbpf_lets_them(int levels, CoreErrorCode compatible, CoreErrorCode matches)
    {
        TestBtf local = new();
        uint type = local.S32;
        for (int i = 0; i < levels; i++)
            type = local.Ptr(local.FuncProto(0, type));
        uint root = local.Typedef("t", type);

        Ask(local, local, root, "0", CoreRelocationKind.TypeExists, 1).Error.Should().Be(compatible);
        Ask(local, local, root, "0", CoreRelocationKind.TypeMatches, 1).Error.Should().Be(matches);
    }

    [Fact]
    public void Prototypes_that_multiply_fail_instead_of_hanging()
    {
        TestBtf local = new();
        uint type = local.S32;
        for (int i = 0; i < 30; i++)
            type = local.Ptr(local.FuncProto(0, type, type, type));
        uint root = local.Typedef("t", type);

        Ask(local, local, root, "0", CoreRelocationKind.TypeExists, 1).Error.Should().Be(CoreErrorCode.Einval);
        Ask(local, local, root, "0", CoreRelocationKind.TypeMatches, 1).Error.Should().Be(CoreErrorCode.Einval);
    }
}
