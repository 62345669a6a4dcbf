using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreBitfieldTests
{
    // A bitfield in a unit of so many bytes: the smallest aligned load that holds it, and the shifts after it in either byte order.
    [Theory]
    [InlineData(4, 3, 5, 0, 4, 56, 35, 59)]
    [InlineData(4, 35, 5, 4, 4, 56, 35, 59)]
    [InlineData(1, 6, 4, 0, 2, 54, 54, 60)] // straddles the byte, so two are loaded
    [InlineData(1, 30, 4, 0, 8, 30, 30, 60)] // straddles everything up to a word
    [InlineData(2, 62, 2, 6, 2, 48, 62, 62)]
    [InlineData(8, 64, 64, 8, 8, 0, 0, 0)]
    public void Is_read_with_the_smallest_unit_that_holds_it(uint unit, uint bit, uint bits, uint offset, uint size, uint leftLittle, uint leftBig, uint right)
    {
        foreach (bool littleEndian in new[] { true, false })
        {
            TestBtf local = new(littleEndian), target = new(littleEndian);
            uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0, 1));
            _ = target.Struct("s", 16, new TestMember("x", target.Int("unit", unit), bit, bits));
            ulong? Value(CoreRelocationKind kind, int original) => Ask(local, target, root, "0:0", kind, original).Value;

            // Compilers disagree about the unit, so what the instruction holds is not checked, but for the sign and the right shift.
            Value(CoreRelocationKind.FieldByteOffset, 77).Should().Be(offset);
            Value(CoreRelocationKind.FieldByteSize, 77).Should().Be(size);
            Value(CoreRelocationKind.FieldLeftShiftU64, 77).Should().Be(littleEndian ? leftLittle : leftBig);
            Value(CoreRelocationKind.FieldRightShiftU64, 63).Should().Be(right);
            Value(CoreRelocationKind.FieldSigned, 0).Should().Be(0);
            Ask(local, target, root, "0:0", CoreRelocationKind.FieldRightShiftU64, 77).Error.Should().Be(CoreErrorCode.Einval);
            Ask(local, target, root, "0:0", CoreRelocationKind.FieldSigned, 77).Error.Should().Be(CoreErrorCode.Einval);
        }
    }

    [Fact]
    public void The_programs_byte_order_decides_the_shift()
    {
        TestBtf local = new(littleEndian: true), target = new(littleEndian: false);
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0, 1));
        _ = target.Struct("s", 4, new TestMember("x", target.U32, 3, 5));

        Ask(local, target, root, "0:0", CoreRelocationKind.FieldLeftShiftU64, 63).Value.Should().Be(56);
    }

    [Fact]
    public void One_that_no_load_holds_fails()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("x", local.U64, 0, 60));
        _ = target.Struct("s", 16, new TestMember("x", target.U64, 5, 62));

        foreach (CoreRelocationKind kind in new[] { CoreRelocationKind.FieldByteOffset, CoreRelocationKind.FieldByteSize, CoreRelocationKind.FieldSigned })
            Ask(local, target, root, "0:0", kind, 0).Error.Should().Be(CoreErrorCode.E2big);
        Ask(local, target, root, "0:0", CoreRelocationKind.FieldExists, 1).Value.Should().Be(1);
    }

    [Fact]
    public void One_of_a_type_without_size_fails()
    {
        TestBtf local = new();
        uint root = local.Struct("s", 8, new TestMember("x", local.Struct("empty", 0), 0, 1));

        Ask(local, local, root, "0:0", CoreRelocationKind.FieldByteOffset, 0).Error.Should().Be(CoreErrorCode.Einval);
    }

    [Fact]
    public void An_enum_is_signed_where_it_says_so()
    {
        TestBtf local = new();
        uint root = local.Struct(
            "s", 8, new TestMember("u", local.Enum("e", signed: false, ("A", 1)), 0), new TestMember("s", local.Enum("f", signed: true, ("B", -1)), 32));

        Ask(local, local, root, "0:0", CoreRelocationKind.FieldSigned, 0).Value.Should().Be(0);
        Ask(local, local, root, "0:1", CoreRelocationKind.FieldSigned, 1).Value.Should().Be(1);
    }

    [Fact]
    public void A_load_is_not_widened_from_a_bitfield_to_an_integer()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0));
        _ = target.Struct("s", 4, new TestMember("x", target.U32, 0, 7));

        Apply(local, target, new TestRelocation(root, "0:0", CoreRelocationKind.FieldByteOffset, Load(BpfAccessSize.Word, 0)))[0]
            .Outcome.Should().Be(CoreRelocationOutcome.Poisoned);
    }
}
