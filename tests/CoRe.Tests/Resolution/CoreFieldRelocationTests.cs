using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreFieldRelocationTests
{
    private const CoreRelocationKind Offset = CoreRelocationKind.FieldByteOffset;
    private const CoreRelocationKind Exists = CoreRelocationKind.FieldExists;

    /// <summary>How a member of the target is declared, and what becomes of a program's <c>struct s { T x; }</c> with that type.</summary>
    public static TheoryData<string, string, bool> Types => new()
    {
        { "int", "int", true }, { "int", "long", true }, { "int", "unsigned", true }, { "int", "const int", true }, { "int", "typedef int", true },
        { "int", "ptr", false }, { "int", "enum e", false }, { "int", "struct t", false }, { "int", "int[3]", false }, { "int", "old bitfield int", false },
        { "int", "float", false },
        { "ptr", "ptr", true }, { "ptr", "ptr to function", true }, { "ptr", "int", false },
        { "enum e", "enum e", true }, { "enum e", "enum e___other", true }, { "enum e", "enum64 e", true }, { "enum e", "enum (anon)", true },
        { "enum e", "enum f", false }, { "enum (anon)", "enum f", true },
        { "struct t", "union u", true }, { "struct t", "struct t", true }, { "struct t", "fwd t", false },
        { "fwd t", "fwd t", true }, { "fwd t", "fwd v", false },
        { "int[3]", "int[1]", true }, { "int[3]", "long[3]", true }, { "int[3]", "ptr[3]", false },
        { "float", "float", true }, { "function", "function", false },
    };

    private static uint TypeOf(TestBtf btf, string text) => text switch
    {
        "int" => btf.S32,
        "long" => btf.S64,
        "unsigned" => btf.U32,
        "old bitfield int" => btf.Int("int", 4, bitOffset: 3),
        "const int" => btf.Const(btf.S32),
        "typedef int" => btf.Typedef("t", btf.Volatile(btf.S32)),
        "ptr" => btf.Ptr(0),
        "ptr to function" => btf.Ptr(btf.FuncProto(0)),
        "enum e" => btf.Enum("e", signed: false, ("A", 1)),
        "enum e___other" => btf.Enum("e___other", signed: false, ("B", 1)),
        "enum64 e" => btf.Enum64("e", signed: false, ("A", 1)),
        "enum f" => btf.Enum("f", signed: false, ("A", 1)),
        "enum (anon)" => btf.Enum("", signed: false, ("A", 1)),
        "struct t" => btf.Struct("t", 4, new TestMember("m", btf.S32, 0)),
        "union u" => btf.Union("u", 4, new TestMember("n", btf.S32, 0)),
        "fwd t" => btf.Fwd("t"),
        "fwd v" => btf.Fwd("v"),
        "int[3]" => btf.Array(btf.S32, 3),
        "int[1]" => btf.Array(btf.S32, 1),
        "long[3]" => btf.Array(btf.S64, 3),
        "ptr[3]" => btf.Array(btf.Ptr(0), 3),
        "float" => btf.Float("float", 4),
        "function" => btf.FuncProto(0),
        _ => throw new ArgumentException(text),
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void A_member_fits_only_if_its_type_is_of_the_same_sort(string local, string target, bool fits)
    {
        TestBtf ours = new(), theirs = new();
        uint root = ours.Struct("s", 8, new TestMember("x", TypeOf(ours, local), 0));
        _ = theirs.Struct("s", 16, new TestMember("other", theirs.U64, 0), new TestMember("x", TypeOf(theirs, target), 64));

        CoreRelocationResult result = Ask(ours, theirs, root, "0:0", Exists, 1);

        result.Outcome.Should().Be(fits ? CoreRelocationOutcome.Applied : CoreRelocationOutcome.Absent);
        result.Value.Should().Be(fits ? 1ul : 0ul);
    }

    [Fact]
    public void Members_are_found_through_anonymous_structs_and_in_any_composite()
    {
        // Local: struct s { struct inner { int b; } a; }; target: struct s { int pad; union { long q; struct { int pad; union inner { int z; int b; } a; }; }; }
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("a", local.Struct("inner", 4, new TestMember("b", local.S32, 0)), 0));
        uint inner = target.Union("inner", 4, new TestMember("z", target.S32, 0), new TestMember("b", target.S32, 0));
        uint anonymous = target.Struct("", 8, new TestMember("pad", target.S32, 0), new TestMember("a", target.Const(inner), 32));
        uint union = target.Union("", 8, new TestMember("q", target.S64, 0), new TestMember("", anonymous, 0));
        _ = target.Struct("s", 16, new TestMember("pad", target.S32, 0), new TestMember("", union, 64));

        CoreRelocationResult result = Ask(local, target, root, "0:0:0", Offset, 0);

        result.Value.Should().Be(12);
        result.Local.Should().Be("struct s.a.b (0:0:0 @ offset 0)");
        result.Target.Should().EndWith("struct s.a.b (0:1:1:1:1 @ offset 12)");
    }

    [Fact]
    public void Anonymous_members_of_the_program_take_no_name()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("", local.Struct("", 8, new TestMember("p", local.S32, 0), new TestMember("x", local.S32, 32)), 0));
        _ = target.Struct("s", 4, new TestMember("x", target.S32, 0));

        Ask(local, target, root, "0:0:1", Offset, 4).Target.Should().EndWith("struct s.x (0:0 @ offset 0)");
    }

    [Fact]
    public void After_an_unfit_member_the_search_stops_there()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 16, new TestMember("x", target.Ptr(0), 0), new TestMember("x", target.S32, 64));

        Ask(local, target, root, "0:0", Exists, 1).Value.Should().Be(0);
    }

    [Fact]
    public void After_an_unfit_member_of_an_anonymous_struct_the_search_goes_on_around_it()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        uint anonymous = target.Struct("", 16, new TestMember("p", target.S64, 0), new TestMember("x", target.Ptr(0), 64));
        _ = target.Struct("s", 24, new TestMember("", anonymous, 0), new TestMember("x", target.S32, 128));

        Ask(local, target, root, "0:0", Offset, 0).Target.Should().EndWith("struct s.x (0:1 @ offset 16)");
    }

    [Theory]
    [InlineData(3, true)] // enough
    [InlineData(2, false)] // too small for index 2
    [InlineData(0, false)] // flexible only as the last member
    public void An_index_must_lie_within_the_targets_array(uint length, bool fits)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 12, new TestMember("x", local.Array(local.S32, 3), 0));
        _ = target.Struct("s", 32, new TestMember("x", target.Array(target.S64, length), 0), new TestMember("end", target.S32, 224));

        Ask(local, target, root, "0:0:2", Exists, 1).Value.Should().Be(fits ? 1ul : 0ul);
    }

    [Fact]
    public void The_targets_flexible_array_has_no_bound()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 12, new TestMember("x", local.Array(local.S32, 3), 0));
        _ = target.Struct("s", 8, new TestMember("start", target.S64, 0), new TestMember("x", target.Array(target.S64, 0), 64));

        Ask(local, target, root, "0:0:2", Offset, 8).Value.Should().Be(24);
    }

    [Fact]
    public void An_index_on_the_root_counts_target_sizes()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 40, new TestMember("pad", target.S64, 0), new TestMember("x", target.S32, 64));

        CoreRelocationResult result = Ask(local, target, root, "3:0", Offset, 12);

        result.Value.Should().Be(128);
        result.Local.Should().Be("struct s[3].x (3:0 @ offset 12)");
    }

    [Theory]
    [InlineData(63, CoreErrorCode.None)]
    [InlineData(64, CoreErrorCode.E2big)]
    public void The_target_may_nest_64_steps_deep(int steps, CoreErrorCode error)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        uint type = target.Struct(steps == 1 ? "s" : "", 4, new TestMember("x", target.S32, 0));
        for (int i = 1; i < steps; i++)
            type = target.Struct(i == steps - 1 ? "s" : "", 4, new TestMember("", type, 0));

        Ask(local, target, root, "0:0", Offset, 0).Error.Should().Be(error);
    }

    [Fact]
    public void A_struct_that_holds_itself_fails_instead_of_hanging()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 4, new TestMember("", 1, 0), new TestMember("", 1, 0));

        Ask(local, target, root, "0:0", Offset, 0).Error.Should().Be(CoreErrorCode.E2big);
    }

    [Fact]
    public void Nesting_that_multiplies_fails_instead_of_hanging()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        uint type = target.S32;
        for (int i = 0; i < 40; i++)
            type = target.Struct(i == 39 ? "s" : "", 4, new TestMember("", type, 0), new TestMember("", type, 0));

        Ask(local, target, root, "0:0", Offset, 0).Error.Should().Be(CoreErrorCode.E2big);
    }

    [Theory]
    [InlineData("s", "s___old", true)]
    [InlineData("s___new", "s", true)]
    [InlineData("s___new", "s___old", true)]
    [InlineData("s__new", "s", false)] // two underscores make no flavour
    [InlineData("s____new", "s", false)] // nor do four
    [InlineData("s___a___b", "s___a", false)] // only the last flavour is cut: s___a and s
    [InlineData("s___a___b", "s___a___c", true)]
    public void Flavours_of_a_type_correspond(string local, string target, bool found)
    {
        TestBtf ours = new(), theirs = new();
        uint root = ours.Struct(local, 4, new TestMember("x", ours.S32, 0));
        _ = theirs.Struct(target, 4, new TestMember("x", theirs.S32, 0));

        Ask(ours, theirs, root, "0:0", Exists, 1).Value.Should().Be(found ? 1ul : 0ul);
    }

    [Fact]
    public void Flavours_of_a_member_do_not()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 4, new TestMember("x___old", target.S32, 0));

        Ask(local, target, root, "0:0", Exists, 1).Value.Should().Be(0);
    }

    [Fact]
    public void A_union_is_no_candidate_for_a_struct()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Union("s", 4, new TestMember("x", target.S32, 0));

        Ask(local, target, root, "0:0", Exists, 1).Candidates.Should().BeEmpty();
    }

    [Theory]
    [InlineData(CoreRelocationKind.FieldByteOffset, 0, 12)]
    [InlineData(CoreRelocationKind.FieldByteSize, 4, 2)]
    [InlineData(CoreRelocationKind.FieldSigned, 1, 0)]
    [InlineData(CoreRelocationKind.FieldLeftShiftU64, 32, 48)]
    [InlineData(CoreRelocationKind.FieldRightShiftU64, 32, 48)]
    public void Every_question_about_an_ordinary_member(CoreRelocationKind kind, int original, uint value)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 16, new TestMember("x", target.Int("unsigned short", 2), 96));

        Ask(local, target, root, "0:0", kind, original).Value.Should().Be(value);
    }

    [Theory]
    [InlineData(CoreRelocationKind.FieldSigned)]
    [InlineData(CoreRelocationKind.FieldLeftShiftU64)]
    [InlineData(CoreRelocationKind.FieldRightShiftU64)]
    public void An_element_has_no_sign_and_no_shift(CoreRelocationKind kind)
    {
        TestBtf local = new();
        uint root = local.Struct("s", 12, new TestMember("x", local.Array(local.S32, 3), 0));

        Ask(local, local, root, "0:0:1", kind, 0).Error.Should().Be(CoreErrorCode.Einval);
        Ask(local, local, root, "0", kind, 0).Error.Should().Be(CoreErrorCode.Einval);
        Ask(local, local, root, "0:0:1", CoreRelocationKind.FieldByteSize, 4).Value.Should().Be(4);
        Ask(local, local, root, "0", CoreRelocationKind.FieldByteSize, 12).Value.Should().Be(12);
    }

    [Theory]
    [InlineData(Offset)]
    [InlineData(CoreRelocationKind.FieldByteSize)]
    [InlineData(CoreRelocationKind.FieldSigned)]
    [InlineData(CoreRelocationKind.FieldLeftShiftU64)]
    [InlineData(CoreRelocationKind.FieldRightShiftU64)]
    public void A_missing_field_poisons(CoreRelocationKind kind)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 4, new TestMember("y", target.S32, 0));
        var relocation = new TestRelocation(root, "0:0", kind, Move(1234));

        CoreRelocationResult result = Apply(local, target, relocation)[0];

        result.Outcome.Should().Be(CoreRelocationOutcome.Poisoned);
        result.Value.Should().BeNull();
        result.Target.Should().BeNull();
        relocation.Instructions.Should().Equal(CorePoison.Instruction);
    }

    [Fact]
    public void An_unsized_member_fails_where_its_size_matters()
    {
        TestBtf local = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.Fwd("t"), 0));

        Ask(local, local, root, "0:0", Exists, 1).Value.Should().Be(1);
        Ask(local, local, root, "0:0", Offset, 0).Error.Should().Be(CoreErrorCode.Einval);
    }
}
