using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.Object.Tests.Relocation;

/// <summary>Which instructions a program may come to, where numbers that are known decide its jumps.</summary>
public sealed class ReachableInstructionsTests
{
    private static readonly BpfExternSpec There = new("there", BpfExternKind.KernelVariable, 0, isWeak: true), Missing = new("missing", BpfExternKind.KernelVariable, 0, isWeak: true),
        Unknown = new("unknown", BpfExternKind.KernelVariable, 0, isWeak: true);

    /// <summary>A read-only section with the bytes 0x11, 0x22 … 0x88 and 0x99.</summary>
    private static readonly BpfMapSpec Constants = Section(".rodata", isReadOnly: true);

    private static BpfMapSpec Section(string name, bool isReadOnly) => new(name)
    {
        IsData = true, IsReadOnly = isReadOnly, Data = new Lazy<byte[]>(() => [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99]),
    };

    private static string Reached(BpfInstruction[] code, BpfRelocation[] relocations, bool littleEndian = true)
    {
        var function = new BpfFunction("f", "socket", 1, 0, code, btf: null);
        function.Relocations.AddRange(relocations);
        bool[] reached = ReachableInstructions.Of(new BpfRelocatedFunction(function), littleEndian, item => item == There ? true : item == Missing ? false : null);
        return string.Concat(reached.Select(isReached => isReached ? '1' : '0'));
    }

    private static string Reached(params BpfInstruction[] code) => Reached(code, []);

    /// <summary>What may follow on a jump at the end: its target, the next instruction, or both.</summary>
    private static string Ways(BpfInstruction[] setup, BpfInstruction jump, BpfRelocation[]? relocations = null, bool littleEndian = true) =>
        Reached([.. setup, jump, Exit(), Exit()], relocations ?? [], littleEndian)[(setup.Length + 1)..] switch
        {
            "01" => "taken",
            "10" => "not taken",
            "11" => "either",
            var other => other,
        };

    private static string Ways(BpfInstruction[] setup, long expected, BpfRelocation[]? relocations = null, bool littleEndian = true) =>
        Ways([.. setup, .. Load64(R9, unchecked((ulong)expected))], JumpIf(BpfJumpOperation.Jeq, R1, R9, 1), relocations, littleEndian);

    [Theory]
    [InlineData(BpfJumpOperation.Jeq, "010")]
    [InlineData(BpfJumpOperation.Jne, "101")]
    [InlineData(BpfJumpOperation.Jgt, "001")]
    [InlineData(BpfJumpOperation.Jge, "011")]
    [InlineData(BpfJumpOperation.Jlt, "100")]
    [InlineData(BpfJumpOperation.Jle, "110")]
    public void A_comparison_of_known_numbers_goes_one_way(BpfJumpOperation operation, string taken)
    {
        // 4, 5 and 6 compared with 5; and with the bit above, which a comparison of 32 bits does not see.
        for (int i = 0; i < 3; i++)
        {
            string expected = taken[i] == '1' ? "taken" : "not taken";
            Ways([MovImmediate(R1, 4 + i)], JumpIfImmediate(operation, R1, 5, 1)).Should().Be(expected);
            Ways([.. Load64(R1, (1ul << 32) + 4 + (uint)i)], JumpIfImmediate32(operation, R1, 5, 1)).Should().Be(expected);
            Ways([MovImmediate(R1, 4 + i), MovImmediate(R2, 5)], JumpIf(operation, R1, R2, 1)).Should().Be(expected);
        }

        Ways([], JumpIfImmediate(operation, R1, 5, 1)).Should().Be("either");
        Ways([MovImmediate(R1, 5)], JumpIf(operation, R1, R2, 1)).Should().Be("either");
        Ways([MovImmediate(R2, 5)], JumpIf(operation, R1, R2, 1)).Should().Be("either");
    }

    [Theory]
    [InlineData(BpfJumpOperation.Jgt, -1, 1, "taken")] // without sign, -1 is the largest
    [InlineData(BpfJumpOperation.Jge, -1, 1, "taken")]
    [InlineData(BpfJumpOperation.Jlt, -1, 1, "not taken")]
    [InlineData(BpfJumpOperation.Jle, -1, 1, "not taken")]
    [InlineData(BpfJumpOperation.Jset, 6, 2, "taken")]
    [InlineData(BpfJumpOperation.Jset, 6, 1, "not taken")]
    [InlineData(BpfJumpOperation.Jsgt, 6, 1, "either")] // not looked at
    public void Comparisons_are_without_sign(BpfJumpOperation operation, int left, int right, string expected) =>
        Ways([MovImmediate(R1, left)], JumpIfImmediate(operation, R1, right, 1)).Should().Be(expected);

    public static TheoryData<string, BpfInstruction[], long> Computations => new()
    {
        { "move", [MovImmediate(R1, -7)], -7 },
        { "move between registers", [MovImmediate(R2, 9), Mov(R1, R2)], 9 },
        { "move of 32 bits", [MovImmediate(R2, -1), Mov32(R1, R2)], 0xFFFF_FFFF },
        { "move of 32 bits without sign", [MovImmediate32(R1, -1)], 0xFFFF_FFFF },
        { "load of 64 bits", Load64(R1, 0x8765_4321_8765_4321), unchecked((long)0x8765_4321_8765_4321) },
        { "add", [MovImmediate(R1, 7), AddImmediate(R1, -9)], -2 },
        { "add of 32 bits", [MovImmediate(R1, 7), AluImmediate32(BpfAluOperation.Add, R1, -9)], 0xFFFF_FFFE },
        { "subtract", [MovImmediate(R1, 7), AluImmediate(BpfAluOperation.Sub, R1, 3)], 4 },
        { "multiply", [MovImmediate(R1, 7), AluImmediate(BpfAluOperation.Mul, R1, 3)], 21 },
        { "or", [MovImmediate(R1, 6), AluImmediate(BpfAluOperation.Or, R1, 3)], 7 },
        { "and", [MovImmediate(R1, 6), AluImmediate(BpfAluOperation.And, R1, 3)], 2 },
        { "and of something with nothing", [AluImmediate(BpfAluOperation.And, R1, 0)], 0 },
        { "and of nothing with something", [MovImmediate(R1, 0), Alu(BpfAluOperation.And, R1, R2)], 0 },
        { "exclusive or", [MovImmediate(R1, 6), AluImmediate(BpfAluOperation.Xor, R1, 3)], 5 },
        { "shift left", [MovImmediate(R1, 3), AluImmediate(BpfAluOperation.Lsh, R1, 33)], 3L << 33 },
        { "shift left of 32 bits", [MovImmediate(R1, 3), AluImmediate32(BpfAluOperation.Lsh, R1, 33)], 6 },
        { "shift left by more than there is", [MovImmediate(R1, 3), AluImmediate(BpfAluOperation.Lsh, R1, 65)], 6 },
        { "shift right without sign", [MovImmediate(R1, -1), AluImmediate(BpfAluOperation.Rsh, R1, 60)], 15 },
        { "shift right of 32 bits", [MovImmediate(R1, -1), AluImmediate32(BpfAluOperation.Rsh, R1, 28)], 15 },
    };

    [Theory]
    [MemberData(nameof(Computations))]
    public void Numbers_are_computed_as_the_machine_does(string name, BpfInstruction[] code, long result)
    {
        Ways(code, result).Should().Be("taken", name);
        Ways(code, result + 1).Should().Be("not taken", name);
    }

    public static TheoryData<string, BpfInstruction[]> Unknowns => new()
    {
        { "nothing said", [] },
        { "a sum with something unknown", [MovImmediate(R1, 1), Alu(BpfAluOperation.Add, R1, R2)] },
        { "a move that extends the sign", [MovImmediate(R2, 1), MovSignExtended(R1, R2, 8)] },
        { "a division with a sign", [MovImmediate(R1, 1), AluImmediate(BpfAluOperation.Div, R1, 1) with { Offset = 1 }] },
        { "a division", [MovImmediate(R1, 1), AluImmediate(BpfAluOperation.Div, R1, 1)] },
        { "memory", [MovImmediate(R1, 1), LoadMemory(BpfAccessSize.Word, R1, R1, 0)] },
        { "a call", [MovImmediate(R1, 1), Call(BpfHelper.KtimeGetNs)] },
        { "an exchange", [MovImmediate(R1, 1), Atomic(BpfAtomicOperation.Xchg, BpfAccessSize.Word, R2, 0, R1)] },
        { "a map", LoadMapFd(R1, 1) },
    };

    [Theory]
    [MemberData(nameof(Unknowns))]
    public void What_is_not_known_goes_either_way(string name, BpfInstruction[] code) => Ways(code, 1).Should().Be("either", name);

    [Fact]
    public void Calls_keep_the_registers_that_are_the_callers()
    {
        foreach (BpfRegister register in new[] { R0, R1, R2, R3, R4, R5 })
            Ways([MovImmediate(register, 1), Call(BpfHelper.KtimeGetNs)], JumpIfImmediate(BpfJumpOperation.Jeq, register, 1, 1)).Should().Be("either");
        foreach (BpfRegister register in new[] { R6, R7, R8, R9 })
            Ways([MovImmediate(register, 1), Call(BpfHelper.KtimeGetNs)], JumpIfImmediate(BpfJumpOperation.Jeq, register, 1, 1)).Should().Be("taken");
    }

    [Fact]
    public void What_stores_returns_nothing_but_for_an_exchange()
    {
        BpfInstruction[] one = [MovImmediate(R0, 1), MovImmediate(R1, 1)];

        Ways([.. one, StoreMemory(BpfAccessSize.Word, R10, -8, R1), StoreImmediate(BpfAccessSize.Word, R10, -8, 3)], 1).Should().Be("taken");
        Ways([.. one, Atomic(BpfAtomicOperation.Cmpxchg, BpfAccessSize.Word, R10, -8, R2)], 1).Should().Be("taken");
        Ways([.. one, Atomic(BpfAtomicOperation.Cmpxchg, BpfAccessSize.Word, R10, -8, R2)], JumpIfImmediate(BpfJumpOperation.Jeq, R0, 1, 1)).Should().Be("either");
        Ways([.. one, LoadPacket(BpfAccessSize.Word, 0)], JumpIfImmediate(BpfJumpOperation.Jeq, R0, 1, 1)).Should().Be("either");
        Ways([.. one, LoadPacket(BpfAccessSize.Word, 0)], 1).Should().Be("taken");
    }

    [Theory]
    [InlineData(BpfAccessSize.Byte, 0, 0x11, 0x11)]
    [InlineData(BpfAccessSize.Byte, 8, 0x99, 0x99)]
    [InlineData(BpfAccessSize.HalfWord, 1, 0x3322, 0x2233)]
    [InlineData(BpfAccessSize.Word, 4, 0x88776655, 0x55667788)]
    [InlineData(BpfAccessSize.Word, 5, 0x99887766, 0x66778899)]
    [InlineData(BpfAccessSize.DoubleWord, 0, unchecked((long)0x8877665544332211), 0x1122334455667788)]
    public void Constants_are_read_in_the_byte_order_of_the_object(BpfAccessSize size, short offset, long little, long big)
    {
        // 1 of the offset stands in the load of the address, 1 in the symbol, 1 is added.
        BpfInstruction[] code = [.. Load64(R2, 1), AddImmediate(R2, 1), LoadMemory(size, R1, R2, (short)(offset - 3))];
        BpfRelocation[] relocations = [new(0, BpfRelocationKind.Data, SymbolOffset: 1, Map: Constants)];

        Ways(code, little, relocations, littleEndian: true).Should().Be("taken");
        Ways(code, big, relocations, littleEndian: false).Should().Be("taken");
    }

    [Theory]
    [InlineData(BpfAccessSize.Byte, -1)]
    [InlineData(BpfAccessSize.Byte, 9)]
    [InlineData(BpfAccessSize.Word, 6)]
    [InlineData(BpfAccessSize.DoubleWord, 2)]
    public void Nothing_is_known_of_what_lies_outside(BpfAccessSize size, short offset) =>
        Ways([.. Load64(R2, 0), LoadMemory(size, R1, R2, offset)], 0, [new(0, BpfRelocationKind.Data, Map: Constants)]).Should().Be("either");

    [Fact]
    public void Variables_and_the_configuration_of_the_kernel_are_no_constants()
    {
        BpfInstruction[] code = [.. Load64(R2, 0), LoadMemory(BpfAccessSize.Byte, R1, R2, 0)];

        Ways(code, 0x11, [new(0, BpfRelocationKind.Data, Map: Constants)]).Should().Be("taken");
        Ways(code, 0x11, [new(0, BpfRelocationKind.Data, Map: Section(".data", isReadOnly: false))]).Should().Be("either");
        Ways(code, 0x11, [new(0, BpfRelocationKind.Data, Map: Section(".kconfig", isReadOnly: true))]).Should().Be("either");
        Ways([.. Load64(R2, 0), LoadMemorySignExtended(BpfAccessSize.Byte, R1, R2, 0)], 0x11, [new(0, BpfRelocationKind.Data, Map: Constants)]).Should().Be("either");
        Ways(Load64(R1, 0), 0, [new(0, BpfRelocationKind.Data, Map: Constants)]).Should().Be("either", "an address is no number");
    }

    [Fact]
    public void An_extern_is_nothing_or_something()
    {
        BpfInstruction[] code = Load64(R1, 0);

        Ways(code, 0, [new(0, BpfRelocationKind.ExternLoad, Extern: Missing)]).Should().Be("taken");
        Ways(code, 0, [new(0, BpfRelocationKind.ExternLoad, Extern: There)]).Should().Be("not taken");
        Ways(code, 1, [new(0, BpfRelocationKind.ExternLoad, Extern: Unknown)]).Should().Be("not taken", "it holds what the instruction says");
    }

    [Fact]
    public void Where_ways_meet_only_what_all_agree_on_is_known()
    {
        // if (r3) r1 = 1; else r1 = 2; and r2 = 1 in both cases.
        BpfInstruction[] code =
        [
            JumpIfImmediate(BpfJumpOperation.Jeq, R3, 0, 3), MovImmediate(R1, 1), MovImmediate(R2, 1), Jump(2), MovImmediate(R1, 2), MovImmediate(R2, 1),
        ];

        Ways(code, JumpIfImmediate(BpfJumpOperation.Jeq, R1, 1, 1)).Should().Be("either");
        Ways(code, JumpIfImmediate(BpfJumpOperation.Jeq, R2, 1, 1)).Should().Be("taken");
    }

    [Fact]
    public void A_loop_ends_where_nothing_new_is_known() =>
        Reached(MovImmediate(R1, 0), AddImmediate(R1, 1), JumpIfImmediate(BpfJumpOperation.Jlt, R1, 10, -2), Exit(), Exit()).Should().Be("11110");

    [Fact]
    public void Jumps_lead_where_they_say()
    {
        Reached(Jump(1), Exit(), Exit()).Should().Be("101");
        Reached(JumpFar(1), Exit() with { Offset = 0 }, Exit()).Should().Be("101");
        Reached(JumpFar(2) with { Offset = 1 }, Exit(), Exit(), Exit()).Should().Be("1001");
        Reached(Exit(), Exit()).Should().Be("10");
        Reached(Jump(-9), Exit()).Should().Be("10", "outside is nothing");
        Reached(Jump(9), Exit()).Should().Be("10");
        Reached([new BpfInstruction { Code = 0x0D }, Exit(), Exit(), Exit()], [new(0, BpfRelocationKind.JumpTable, Targets: [1, 3, 3])]).Should().Be("1101");
    }

    [Fact]
    public void Addresses_are_moved_by_whole_numbers_alone()
    {
        BpfRelocation[] relocations = [new(0, BpfRelocationKind.Data, Map: Constants)];
        string Read(BpfInstruction change) => Ways([.. Load64(R2, 0), change, LoadMemory(BpfAccessSize.Byte, R1, R2, 0)], 0x22, relocations);

        Read(AddImmediate(R2, 1)).Should().Be("taken");
        Read(AluImmediate32(BpfAluOperation.Add, R2, 1)).Should().Be("either", "half of an address is none");
        Read(AluImmediate(BpfAluOperation.Sub, R2, -1)).Should().Be("either");
        Read(Alu(BpfAluOperation.Add, R2, R3)).Should().Be("either");
        Read(Alu(BpfAluOperation.Add, R2, R2)).Should().Be("either");
    }

    [Fact]
    public void What_a_return_value_is_on_both_ways_is_known()
    {
        BpfInstruction[] Code(int other) => [JumpIfImmediate(BpfJumpOperation.Jeq, R3, 0, 2), MovImmediate(R0, 1), Jump(1), MovImmediate(R0, other)];

        Ways(Code(1), JumpIfImmediate(BpfJumpOperation.Jeq, R0, 1, 1)).Should().Be("taken");
        Ways(Code(2), JumpIfImmediate(BpfJumpOperation.Jeq, R0, 1, 1)).Should().Be("either");
    }

    [Fact]
    public void Code_that_is_cut_off_or_names_no_register_ends_the_search_there()
    {
        Reached(MovImmediate(R0, 1)).Should().Be("1");
        Reached(Load64(R1, 1)[0]).Should().Be("1");
        Reached(Jump(1), Exit(), Load64(R1, 1)[0]).Should().Be("101");
        Reached(Mov((BpfRegister)15, (BpfRegister)12), Exit()).Should().Be("11");
    }
}
