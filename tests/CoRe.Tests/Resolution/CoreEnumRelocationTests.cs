using P3Ebpf.Btf;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CoreEnumRelocationTests
{
    // 32-bit values are sign-extended whatever their sign; the 64-bit load gets all of it.
    [Theory]
    [InlineData(5L, 5ul)]
    [InlineData(-1L, 0xFFFF_FFFF_FFFF_FFFFul)]
    [InlineData(0x8000_0000L, 0xFFFF_FFFF_8000_0000ul)]
    public void A_value_of_32_bits_is_sign_extended(long value, ulong expected)
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum("e", signed: false, ("A", 3));
        _ = target.Enum("e", signed: false, ("Z", 0), ("A", (int)value));
        var relocation = new TestRelocation(root, "0", CoreRelocationKind.EnumValue, LoadImmediate64(3));

        Apply(local, target, relocation)[0].Value.Should().Be(expected);

        relocation.Instructions[0].Immediate.Should().Be((int)expected);
        relocation.Instructions[1].Immediate.Should().Be((int)(expected >> 32));
        relocation.Instructions[0].DestinationRegister.Should().Be(BpfRegister.R3);
    }

    [Fact]
    public void Either_width_is_a_candidate_for_the_other()
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum("e", signed: false, ("A", 3));
        _ = target.Enum64("e___v2", signed: false, ("A___v2", 1L << 40));
        CoreRelocationResult result = Apply(local, target, new TestRelocation(root, "0", CoreRelocationKind.EnumValue, LoadImmediate64(3)))[0];

        result.Value.Should().Be(1ul << 40);
        result.Local.Should().Be("enum e::A = 3");
        result.Target.Should().Be("[1] enum e___v2::A___v2 = 1099511627776");
    }

    [Fact]
    public void A_typedef_is_followed()
    {
        TestBtf local = new(), target = new();
        uint root = local.Typedef("e_t", local.Enum("", signed: false, ("A", 3)));
        _ = target.Typedef("e_t", target.Enum("", signed: false, ("A", 4)));

        Ask(local, target, root, "0", CoreRelocationKind.EnumValue, 3).Value.Should().Be(4);
    }

    [Fact]
    public void A_missing_value_poisons_and_its_existence_is_zero()
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum("e", signed: false, ("A", 3));
        _ = target.Enum("e", signed: false, ("B", 3));
        var value = new TestRelocation(root, "0", CoreRelocationKind.EnumValue, LoadImmediate64(3));

        Apply(local, target, value)[0].Outcome.Should().Be(CoreRelocationOutcome.Poisoned);
        value.Instructions.Should().Equal(CorePoison.Instruction, CorePoison.Instruction);
        Ask(local, target, root, "0", CoreRelocationKind.EnumValueExists, 1).Outcome.Should().Be(CoreRelocationOutcome.Absent);
    }

    [Fact]
    public void A_typedef_that_is_no_enum_in_the_target_does_not_match()
    {
        TestBtf local = new(), target = new();
        uint root = local.Typedef("e_t", local.Enum("", signed: false, ("A", 3)));
        _ = target.Typedef("e_t", target.S32);

        Ask(local, target, root, "0", CoreRelocationKind.EnumValueExists, 1).Message.Should().Be("typedef e_t is no enum");
    }
}
