using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreCandidateTests
{
    private const CoreRelocationKind Offset = CoreRelocationKind.FieldByteOffset;

    /// <summary>The target has struct s { x, y } and struct s___2 { w, y at 8, z at 4 }; the program has all of them.</summary>
    private static (TestBtf Local, TestBtf Target, uint Root) TwoCandidates()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 12, new TestMember("x", local.S32, 0), new TestMember("y", local.S32, 32), new TestMember("z", local.S32, 64));
        _ = target.Struct("s", 8, new TestMember("x", target.S32, 0), new TestMember("y", target.S32, 32));
        _ = target.Struct("s___2", 16, new TestMember("w", target.S32, 0), new TestMember("z", target.S32, 32), new TestMember("y", target.S32, 64));
        return (local, target, root);
    }

    private static TestRelocation OffsetOf(uint root, int member) => new(root, $"0:{member}", Offset, Move(4 * member));

    [Fact]
    public void Candidates_that_disagree_about_an_offset_fail()
    {
        (TestBtf local, TestBtf target, uint root) = TwoCandidates();

        CoreRelocationResult result = Apply(local, target, OffsetOf(root, 1))[0];

        result.Error.Should().Be(CoreErrorCode.Einval);
        result.Message.Should().Contain("ambiguous").And.Contain("struct s.y (0:1 @ offset 4)").And.Contain("struct s___2.y (0:2 @ offset 8)");
        result.Candidates.Should().HaveCount(2).And.OnlyContain(candidate => candidate.Matches);
    }

    [Fact]
    public void A_match_rules_other_candidates_out_for_later_relocations()
    {
        (TestBtf local, TestBtf target, uint root) = TwoCandidates();

        CoreRelocationResult[] results = Apply(local, target, OffsetOf(root, 0), OffsetOf(root, 1), OffsetOf(root, 2));

        results[0].Value.Should().Be(0);
        results[1].Value.Should().Be(4);
        results[2].Outcome.Should().Be(CoreRelocationOutcome.Poisoned);
        results[2].Candidates.Select(candidate => (candidate.Matches, candidate.IsRuledOut)).Should().Equal((false, false), (true, true));
    }

    [Fact]
    public void No_match_rules_nothing_out()
    {
        (TestBtf local, TestBtf target, uint root) = TwoCandidates();
        uint other = local.Struct("s___mine", 8, new TestMember("nowhere", local.S32, 0), new TestMember("z", local.S32, 32));

        CoreRelocationResult[] results = Apply(local, target, new TestRelocation(other, "0:0", Offset, Move(0)), OffsetOf(other, 1), OffsetOf(root, 1));

        results[0].Outcome.Should().Be(CoreRelocationOutcome.Poisoned);
        results[1].Value.Should().Be(4);
        results[2].Error.Should().Be(CoreErrorCode.Einval, "every root of the program has candidates of its own");
    }

    [Theory]
    [InlineData(Offset, true)]
    [InlineData(CoreRelocationKind.FieldExists, true)]
    [InlineData(CoreRelocationKind.FieldByteSize, false)]
    public void Candidates_must_agree_about_the_value_that_is_asked(CoreRelocationKind kind, bool agree)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0));
        _ = target.Struct("s", 4, new TestMember("x", target.U32, 0));
        _ = target.Struct("s", 8, new TestMember("x", target.U64, 0));
        long original = kind switch { Offset => 0, CoreRelocationKind.FieldExists => 1, _ => 4 };

        Ask(local, target, root, "0:0", kind, original).Error.Should().Be(agree ? CoreErrorCode.None : CoreErrorCode.Einval);
    }

    [Fact]
    public void Equal_types_twice_have_no_single_id()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4);
        _ = target.Struct("s", 4);
        _ = target.Struct("s", 4);

        Ask(local, target, root, "0", CoreRelocationKind.TypeIdTarget, 0).Error.Should().Be(CoreErrorCode.Einval);
        Ask(local, target, root, "0", CoreRelocationKind.TypeSize, 4).Value.Should().Be(4);
    }
}
