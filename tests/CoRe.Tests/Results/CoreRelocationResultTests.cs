using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreRelocationResultTests
{
    private const CoreRelocationKind Offset = CoreRelocationKind.FieldByteOffset;

    [Fact]
    public void Tells_where_a_candidate_failed()
    {
        TestBtf local = new(), target = new();
        uint inner = local.Struct("inner", 40, new TestMember("list", local.Array(local.S32, 10), 0));
        uint root = local.Struct("s", 40, new TestMember("in", inner, 0));
        uint theirs = target.Struct("inner", 8, new TestMember("list", target.Array(target.S32, 2), 0));
        _ = target.Struct("s", 8, new TestMember("in", theirs, 0));

        CoreRelocationResult result = Ask(local, target, root, "0:0:0:7", Offset, 28);

        CoreCandidate candidate = result.Candidates.Should().ContainSingle().Subject;
        candidate.FailedAt.Should().Be(3);
        candidate.Btf.Should().Be("target");
        candidate.Type.Should().Be("struct s");
        result.Message.Should().Be(candidate.Reason).And.Be("struct s.in.list has 2 elements, too few for index 7");
    }

    [Theory]
    [InlineData("missing", "struct s has no member x")]
    [InlineData("pointer", "struct s.x is a pointer there, but int in the program")]
    public void Tells_why_a_member_failed(string there, string message)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        _ = target.Struct("s", 8, new TestMember(there == "missing" ? "y" : "x", target.Ptr(0), 0));

        Ask(local, target, root, "0:0", Offset, 0).Message.Should().Be(message);
    }

    [Fact]
    public void Tells_of_several_candidates_why_each_failed()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        uint one = target.Struct("s", 8, new TestMember("y", target.Ptr(0), 0));
        uint two = target.Struct("s___2", 8, new TestMember("x", target.Float("float", 4), 0));

        Ask(local, target, root, "0:0", Offset, 0).Message.Should().Be(
            $"none of 2 types named struct s fits: [{one}] struct s has no member x; [{two}] struct s___2.x is float there, but int in the program");
    }

    [Fact]
    public void Shows_bit_offsets()
    {
        TestBtf local = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 11, 2));

        Ask(local, local, root, "0:0", Offset, 0).Local.Should().Be("struct s.x (0:0 @ offset 1.3)");
    }

    [Theory]
    [InlineData("0:7", CoreRelocationKind.FieldExists, "struct s (0:7)")]
    [InlineData("x", CoreRelocationKind.FieldExists, "struct s (x)")]
    [InlineData("0", CoreRelocationKind.TypeIdLocal, "struct s")]
    public void Tells_what_was_asked_even_where_it_makes_no_sense(string access, CoreRelocationKind kind, string expected)
    {
        TestBtf local = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0));

        Ask(local, local, root, access, kind, 1).Local.Should().Be(expected);
    }

    [Fact]
    public void Tells_of_types_and_texts_that_are_not_there_what_it_can()
    {
        TestBtf local = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0));
        var relocator = new CoreRelocator(local.Build(), new CoreTarget(local.Build()));
        string Local(uint type, uint text) => relocator.Relocate(new CoreRelocationRecord(0, new BtfTypeId(type), text, CoreRelocationKind.FieldExists), new[] { Move(1) }, 0).Local;

        Local(1000, local.String("s")).Should().Be("type 1000 (s)");
        Local(1000, 100_000).Should().Be("type 1000");
        Local(root, 100_000).Should().Be("struct s");
    }

    [Fact]
    public void A_candidate_that_cannot_be_compared_says_why()
    {
        TestBtf local = new();
        uint type = local.S32;
        for (int i = 0; i < 32; i++)
            type = local.Ptr(type);
        uint root = local.Typedef("t", type);

        CoreCandidate candidate = Ask(local, local, root, "0", CoreRelocationKind.TypeExists, 1).Candidates.Should().ContainSingle().Subject;

        candidate.Matches.Should().BeFalse();
        candidate.FailedAt.Should().Be(0);
        candidate.Reason.Should().Be("the types nest too deeply to be compared");
    }

    [Fact]
    public void A_relocation_within_an_instruction_fails()
    {
        TestBtf local = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0));
        var record = new CoreRelocationRecord(12, new BtfTypeId(root), local.String("0:0"), CoreRelocationKind.FieldExists);
        var relocator = new CoreRelocator(local.Build(), new CoreTarget(local.Build()));

        relocator.Relocate(record, new[] { Move(1), Move(1) }, 1).Message.Should().Be("the relocation's offset 12 lies within an instruction");
        relocator.Relocate(record with { InstructionOffset = 8 }, new[] { Move(1), Move(1) }, 1).Message.Should().BeNull();
    }

    [Fact]
    public void A_report_has_every_result_in_order()
    {
        var local = new TestBtf();
        uint root = local.Struct("s", 4, new TestMember("x", local.S32, 0));
        var record = new CoreRelocationRecord(0, new BtfTypeId(root), local.String("0:0"), CoreRelocationKind.FieldExists);
        var relocator = new CoreRelocator(local.Build(), new CoreTarget(new TestBtf().Build()));
        BpfInstruction[] instructions = [Move(1), Move(1)];

        CoreRelocationResult second = relocator.Relocate(record, instructions, 1);
        CoreRelocationResult first = relocator.Relocate(record, instructions, 0);

        relocator.Report.Results.Should().Equal(second, first);
        relocator.Report.Succeeded.Should().BeTrue();
        second.InstructionIndex.Should().Be(1);
        instructions.Should().Equal(Move(0), Move(0));
    }

    [Theory]
    [InlineData(CoreRelocationKind.FieldByteOffset, "byte_off")]
    [InlineData(CoreRelocationKind.FieldByteSize, "byte_sz")]
    [InlineData(CoreRelocationKind.FieldExists, "field_exists")]
    [InlineData(CoreRelocationKind.FieldSigned, "signed")]
    [InlineData(CoreRelocationKind.FieldLeftShiftU64, "lshift_u64")]
    [InlineData(CoreRelocationKind.FieldRightShiftU64, "rshift_u64")]
    [InlineData(CoreRelocationKind.TypeIdLocal, "local_type_id")]
    [InlineData(CoreRelocationKind.TypeIdTarget, "target_type_id")]
    [InlineData(CoreRelocationKind.TypeExists, "type_exists")]
    [InlineData(CoreRelocationKind.TypeSize, "type_size")]
    [InlineData(CoreRelocationKind.TypeMatches, "type_matches")]
    [InlineData(CoreRelocationKind.EnumValueExists, "enumval_exists")]
    [InlineData(CoreRelocationKind.EnumValue, "enumval_value")]
    public void Kinds_have_the_names_of_the_command_line(CoreRelocationKind kind, string name) => CoreRelocationKindNames.Of(kind).Should().Be(name);
}
