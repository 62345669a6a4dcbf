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
