using P3Ebpf.Btf;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;
using static P3Ebpf.CoRe.Tests.TestRelocation;

namespace P3Ebpf.CoRe.Tests;

public class CorePatcherTests
{
    private const CoreRelocationKind Offset = CoreRelocationKind.FieldByteOffset;

    private static CoreRelocationResult Patch(uint bitOffset, params BpfInstruction[] instructions)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("x", local.U32, 32));
        _ = target.Struct("s", bitOffset + 64, new TestMember("x", target.U32, bitOffset));
        return Apply(local, target, new TestRelocation(root, "0:0", Offset, instructions))[0];
    }

    // The member is at 4 in the program and at 24 in the target.
    public static TheoryData<BpfInstruction> Immediates => [MovImmediate(R5, 4), AddImmediate(R5, 4), AluImmediate32(BpfAluOperation.Add, R5, 4)];

    [Theory]
    [MemberData(nameof(Immediates))]
    public void An_immediate_operand_is_replaced(BpfInstruction before)
    {
        BpfInstruction[] instructions = [before];

        Patch(192, instructions).Outcome.Should().Be(CoreRelocationOutcome.Applied);

        instructions[0].Should().Be(before with { Immediate = 24 });
    }

    public static TheoryData<BpfInstruction> Accesses =>
    [
        LoadMemory(BpfAccessSize.Word, R5, R6, 4),
        LoadMemorySignExtended(BpfAccessSize.Word, R5, R6, 4),
        StoreImmediate(BpfAccessSize.Word, R5, 4, 77),
        StoreMemory(BpfAccessSize.Word, R5, 4, R6),
        Atomic(BpfAtomicOperation.Xchg, BpfAccessSize.Word, R5, 4, R6),
    ];

    [Theory]
    [MemberData(nameof(Accesses))]
    public void The_offset_of_a_load_or_store_is_replaced(BpfInstruction before)
    {
        BpfInstruction[] instructions = [before];

        Patch(192, instructions).Outcome.Should().Be(CoreRelocationOutcome.Applied);

        instructions[0].Should().Be(before with { Offset = 24 });
    }

    [Fact]
    public void Both_halves_of_a_64_bit_load_take_the_value_and_nothing_else_changes()
    {
        const ulong Ours = 0xFEDC_BA98_7654_3210, Theirs = 0x0123_4567_89AB_CDEF;
        TestBtf local = new(), target = new();
        uint root = local.Enum64("e", signed: false, ("A", unchecked((long)Ours)));
        _ = target.Enum64("e", signed: false, ("A", unchecked((long)Theirs)));
        BpfInstruction[] code = [MovImmediate(R0, 1), .. Load64(R3, Ours), MovImmediate(R0, 2)];
        var record = new CoreRelocationRecord(0, new BtfTypeId(root), local.String("0"), CoreRelocationKind.EnumValue);

        new CoreRelocator(local.Build(), new CoreTarget(target.Build())).Relocate(record, code, 1).Value.Should().Be(Theirs);

        code.Should().Equal([MovImmediate(R0, 1), .. Load64(R3, Theirs), MovImmediate(R0, 2)]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Both_halves_of_a_64_bit_load_are_poisoned_where_there_are_two(bool hasSecond)
    {
        TestBtf local = new(), target = new();
        uint root = local.Enum64("e", signed: false, ("A", 7));
        _ = target.Enum64("e", signed: false, ("B", 7));
        BpfInstruction[] code = [MovImmediate(R0, 1), .. Load64(R3, 7)[..(hasSecond ? 2 : 1)], .. hasSecond ? [MovImmediate(R0, 2)] : System.Array.Empty<BpfInstruction>()];
        var record = new CoreRelocationRecord(0, new BtfTypeId(root), local.String("0"), CoreRelocationKind.EnumValue);

        new CoreRelocator(local.Build(), new CoreTarget(target.Build())).Relocate(record, code, 1).Outcome.Should().Be(CoreRelocationOutcome.Poisoned);

        code.Should().Equal(hasSecond
            ? [MovImmediate(R0, 1), CorePoison.Instruction, CorePoison.Instruction, MovImmediate(R0, 2)]
            : [MovImmediate(R0, 1), CorePoison.Instruction]);
    }

    [Theory]
    [InlineData(0xFFFF_FFFFu, "*unsigned enumerator of 32 bits*")]
    [InlineData(0xFFFF_FFFEu, "*do not belong together*")]
    [InlineData(0x7FFF_FFFFu, "*do not belong together*")]
    public void Of_a_large_enumerator_without_sign_the_reason_is_told(uint found, string message)
    {
        TestBtf local = new();
        uint root = local.Enum("e", signed: true, ("A", -1));

        Apply(local, local, new TestRelocation(root, "0", CoreRelocationKind.EnumValue, Load64(R1, found)))[0].Message.Should().Match(message);
        Apply(local, local, new TestRelocation(root, "0", CoreRelocationKind.EnumValue, Load64(R1, ulong.MaxValue)))[0].Value.Should().Be(ulong.MaxValue);
    }

    [Fact]
    public void A_load_takes_the_answers_that_are_no_offsets_too()
    {
        TestBtf local = new();
        uint root = local.Struct("s", 4, new TestMember("x", local.U32, 0));
        TestRelocation absent = new(root, "0", CoreRelocationKind.TypeExists, Load(BpfAccessSize.Word, 1)), own = new(root, "0", CoreRelocationKind.TypeIdLocal, Load(BpfAccessSize.Word, 99));

        CoreRelocationResult[] results = Apply(local, new TestBtf(), absent, own);

        results.Select(result => result.Outcome).Should().Equal(CoreRelocationOutcome.Absent, CoreRelocationOutcome.Applied);
        absent.Instructions.Should().Equal(Load(BpfAccessSize.Word, 0));
        own.Instructions.Should().Equal(Load(BpfAccessSize.Word, (short)root));
    }

    public static TheoryData<string, BpfInstruction[]> Unfit => new()
    {
        { "*register*", [BpfInstruction.Mov(R0, R0) with { Immediate = 4 }] },
        { "*holds 5*", [MovImmediate(R0, 5)] },
        { "*holds 5*", [Load(BpfAccessSize.Word, 5)] },
        { "*holds 5*", LoadImmediate64(5) },
        { "*no operand*", [Jump(0) with { Immediate = 4 }] },
        { "*no operand*", [JumpIfImmediate32(BpfJumpOperation.Jeq, R0, 4, 0)] },
        { "*64-bit load*", [LoadPacket(BpfAccessSize.Word, 4)] },
        { "*64-bit load*", LoadMapFd(R0, 4) },
        { "*64-bit load*", [Load64(R0, 4)[0] with { Offset = 1 }, default] },
        { "*64-bit load*", [Load64(R0, 4)[0]] },
        { "*second half*", [Load64(R0, 4)[0], Exit()] },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void An_instruction_that_cannot_hold_the_value_is_refused_and_kept(string message, BpfInstruction[] instructions)
    {
        BpfInstruction[] before = [.. instructions];

        CoreRelocationResult result = Patch(192, instructions);

        result.Error.Should().Be(CoreErrorCode.Einval);
        result.Message.Should().Match(message);
        instructions.Should().Equal(before);
    }

    [Theory]
    [InlineData(32767, CoreErrorCode.None)]
    [InlineData(32768, CoreErrorCode.Erange)]
    public void An_offset_has_16_bits(uint offset, CoreErrorCode error)
    {
        CoreRelocationResult result = Patch(offset * 8, Load(BpfAccessSize.Word, 4));

        result.Error.Should().Be(error);
        (result.Suggestion is not null).Should().Be(error == CoreErrorCode.Erange);
        Patch(offset * 8, Move(4)).Error.Should().Be(CoreErrorCode.None, "an immediate has 32");
    }

    /// <summary>Types of a member on both sides; the access to it, and what it becomes: null where it is poisoned.</summary>
    public static TheoryData<string, string, BpfAccessSize?> Sizes => new()
    {
        { "u32", "u64", BpfAccessSize.DoubleWord }, { "u32", "u8", BpfAccessSize.Byte }, { "u32", "u16", BpfAccessSize.HalfWord },
        { "u32", "const u64", BpfAccessSize.DoubleWord }, { "s32", "s64", null }, { "u32", "s64", null }, { "s32", "u64", null },
        { "s32", "s32", BpfAccessSize.Word }, { "u32", "s32", BpfAccessSize.Word }, { "bool", "u64", BpfAccessSize.DoubleWord },
        { "signed char", "u64", BpfAccessSize.DoubleWord }, { "enum", "enum64", null }, { "u32[1]", "const u64[1]", BpfAccessSize.DoubleWord },
        { "s32[1]", "s64[1]", null },
    };

    private static uint TypeOf(TestBtf btf, string text) => text switch
    {
        "u8" => btf.U8,
        "u16" => btf.Int("unsigned short", 2),
        "u32" => btf.U32,
        "s32" => btf.S32,
        "u64" => btf.U64,
        "const u64" => btf.Const(btf.U64),
        "s64" => btf.S64,
        "bool" => btf.Int("_Bool", 1, BtfIntEncoding.Bool),
        "signed char" => btf.Int("char", 1, BtfIntEncoding.Signed | BtfIntEncoding.Char),
        "enum" => btf.Enum("e", signed: false, ("A", 1)),
        "enum64" => btf.Enum64("e", signed: false, ("A", 1)),
        _ => btf.Array(TypeOf(btf, text[..^3]), 1),
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void An_access_follows_the_size_of_an_unsigned_number(string local, string target, BpfAccessSize? expected)
    {
        TestBtf ours = new(), theirs = new();
        uint type = TypeOf(ours, local);
        uint root = ours.Struct("s", 8, new TestMember("x", type, 0));
        _ = theirs.Struct("s", 16, new TestMember("x", TypeOf(theirs, target), 64));
        BpfAccessSize size = ours.Build().SizeOf(new BtfTypeId(type)) == 1 ? BpfAccessSize.Byte : BpfAccessSize.Word;
        string access = local.EndsWith(']') ? "0:0:0" : "0:0";
        var load = new TestRelocation(root, access, Offset, Load(size, 0));
        var move = new TestRelocation(root, access, Offset, Move(0));

        CoreRelocationResult[] results = Apply(ours, theirs, load, move);

        load.Instructions[0].Should().Be(expected is { } adjusted ? Load(adjusted, 8) : CorePoison.Instruction);
        results[0].Outcome.Should().Be(expected is null ? CoreRelocationOutcome.Poisoned : CoreRelocationOutcome.Applied);
        results[1].Value.Should().Be(8, "an address has no size");
        if (expected is null)
        {
            results[0].Message.Should().Contain("another size");
            results[0].Suggestion.Should().Contain("bpf_core_field_size()");
        }
    }

    [Theory]
    [InlineData(5, false, true)]
    [InlineData(0, false, true)]
    [InlineData(3, true, false)]
    public void An_array_is_accessed_by_elements_whatever_its_length(uint length, bool isWide, bool isApplied)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 24, new TestMember("x", local.Array(local.Array(local.U32, 2), 3), 0));
        _ = target.Struct("s", 64, new TestMember("x", target.Array(target.Array(isWide ? target.U64 : target.U32, 2), length), 64));
        var member = new TestRelocation(root, "0:0", Offset, Load(BpfAccessSize.Word, 0));
        var row = new TestRelocation(root, "0:0:0", Offset, Load(BpfAccessSize.Word, 0));

        _ = Apply(local, target, member, row);

        BpfInstruction expected = isApplied ? Load(BpfAccessSize.Word, 8) : CorePoison.Instruction;
        member.Instructions.Should().Equal(expected);
        row.Instructions.Should().Equal(expected);
    }

    [Fact]
    public void A_pointer_of_32_bits_is_read_with_32_bits()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("x", local.Ptr(0), 0));
        _ = target.Struct("s", 8, new TestMember("pad", target.U32, 0), new TestMember("x", target.Ptr(0), 32));
        var relocation = new TestRelocation(root, "0:0", Offset, Load(BpfAccessSize.DoubleWord, 0));
        BtfSpec arm = BtfSpec.Parse(target.Build().Data, new BtfReadOptions { PointerSize = 4 });

        Apply(local, new CoreTarget(arm), relocation)[0].Outcome.Should().Be(CoreRelocationOutcome.Applied);

        relocation.Instructions.Should().Equal(Load(BpfAccessSize.Word, 4));
    }

    [Theory]
    [InlineData(BpfAccessSize.Byte, "u64", "*accesses 1 bytes*")] // a part of the field
    [InlineData(BpfAccessSize.Word, "16 bytes", "*would have to access 16 bytes*")]
    public void An_access_that_cannot_follow_is_refused(BpfAccessSize size, string type, string message)
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("x", local.U32, 0));
        _ = target.Struct("s", 16, new TestMember("x", type == "u64" ? target.U64 : target.Int("__int128", 16), 0));

        CoreRelocationResult result = Apply(local, target, new TestRelocation(root, "0:0", Offset, Load(size, 0)))[0];

        result.Error.Should().Be(CoreErrorCode.Einval);
        result.Message.Should().Match(message);
    }
}
