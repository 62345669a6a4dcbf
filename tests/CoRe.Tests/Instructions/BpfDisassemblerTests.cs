using P3Ebpf.Btf;
using static P3Ebpf.CoRe.BpfInstruction;
using static P3Ebpf.CoRe.BpfRegister;

namespace P3Ebpf.CoRe.Tests;

public class BpfDisassemblerTests
{
    public static TheoryData<string, BpfInstruction> Forms => new()
    {
        { "(bf) r1 = r10", Mov(R1, R10) },
        { "(bc) w1 = w2", Mov32(R1, R2) },
        { "(b7) r0 = -1", MovImmediate(R0, -1) },
        { "(b4) w0 = 7", MovImmediate32(R0, 7) },
        { "(bf) r1 = (s8)r2", MovSignExtended(R1, R2, 8) },
        { "(bf) r1 = (s16)r2", MovSignExtended(R1, R2, 16) },
        { "(bf) r1 = (s32)r2", MovSignExtended(R1, R2, 32) },
        { "(bc) w1 = (s8)w2", Mov32(R1, R2) with { Offset = 8 } },
        { "(bc) w1 = (s16)w2", Mov32(R1, R2) with { Offset = 16 } },
        { "(bf) r1 = addr_space_cast(r2, 1, 0)", Mov(R1, R2) with { Offset = 1, Immediate = 1 << 16 } },
        { "(bf) r1 = addr_space_cast(r2, 0, 1)", Mov(R1, R2) with { Offset = 1, Immediate = 1 } },
        { "(bf) r1 = &(void __percpu *)(r2)", Mov(R1, R2) with { Offset = -1 } },
        { "(07) r2 += -8", AddImmediate(R2, -8) },
        { "(0f) r2 += r3", Alu(BpfAluOperation.Add, R2, R3) },
        { "(0c) w2 += w3", Alu32(BpfAluOperation.Add, R2, R3) },
        { "(04) w2 += 2147483647", AluImmediate32(BpfAluOperation.Add, R2, int.MaxValue) },
        { "(1f) r2 -= r3", Alu(BpfAluOperation.Sub, R2, R3) },
        { "(27) r2 *= 3", AluImmediate(BpfAluOperation.Mul, R2, 3) },
        { "(37) r2 /= 3", AluImmediate(BpfAluOperation.Div, R2, 3) },
        { "(3f) r2 s/= r3", Alu(BpfAluOperation.Div, R2, R3) with { Offset = 1 } },
        { "(34) w2 s/= -3", AluImmediate32(BpfAluOperation.Div, R2, -3) with { Offset = 1 } },
        { "(47) r2 |= 3", AluImmediate(BpfAluOperation.Or, R2, 3) },
        { "(57) r2 &= -256", AluImmediate(BpfAluOperation.And, R2, -256) },
        { "(67) r2 <<= 32", AluImmediate(BpfAluOperation.Lsh, R2, 32) },
        { "(7f) r2 >>= r3", Alu(BpfAluOperation.Rsh, R2, R3) },
        { "(87) r2 = -r2", AluImmediate(BpfAluOperation.Neg, R2, 0) },
        { "(84) w2 = -w2", AluImmediate32(BpfAluOperation.Neg, R2, 0) },
        { "(97) r2 %= 3", AluImmediate(BpfAluOperation.Mod, R2, 3) },
        { "(9c) w2 s%= w3", Alu32(BpfAluOperation.Mod, R2, R3) with { Offset = 1 } },
        { "(a7) r2 ^= -1", AluImmediate(BpfAluOperation.Xor, R2, -1) },
        { "(c7) r2 s>>= 32", AluImmediate(BpfAluOperation.Arsh, R2, 32) },
        { "(d4) r2 = le16 r2", ToLittleEndian(R2, 16) },
        { "(dc) r2 = be64 r2", ToBigEndian(R2, 64) },
        { "(d7) r2 = bswap32 r2", ByteSwap(R2, 32) },
        { "(e7) unknown opcode", new BpfInstruction { Code = 0xE7 } },
        { "(79) r0 = *(u64 *)(r0 +0)", LoadMemory(BpfAccessSize.DoubleWord, R0, R0, 0) },
        { "(61) r0 = *(u32 *)(r1 +24)", LoadMemory(BpfAccessSize.Word, R0, R1, 24) },
        { "(69) r0 = *(u16 *)(r1 -2)", LoadMemory(BpfAccessSize.HalfWord, R0, R1, -2) },
        { "(71) r0 = *(u8 *)(r10 -32768)", LoadMemory(BpfAccessSize.Byte, R0, R10, short.MinValue) },
        { "(81) r0 = *(s32 *)(r1 +4)", LoadMemorySignExtended(BpfAccessSize.Word, R0, R1, 4) },
        { "(89) r0 = *(s16 *)(r1 +4)", LoadMemorySignExtended(BpfAccessSize.HalfWord, R0, R1, 4) },
        { "(91) r0 = *(s8 *)(r1 +4)", LoadMemorySignExtended(BpfAccessSize.Byte, R0, R1, 4) },
        { "(99) unknown opcode", LoadMemorySignExtended(BpfAccessSize.DoubleWord, R0, R1, 4) },
        { "(7b) *(u64 *)(r10 -8) = r1", StoreMemory(BpfAccessSize.DoubleWord, R10, -8, R1) },
        { "(73) *(u8 *)(r10 -8) = r1", StoreMemory(BpfAccessSize.Byte, R10, -8, R1) },
        { "(62) *(u32 *)(r10 -4) = -7", StoreImmediate(BpfAccessSize.Word, R10, -4, -7) },
        { "(6a) *(u16 *)(r10 -4) = 7", StoreImmediate(BpfAccessSize.HalfWord, R10, -4, 7) },
        { "(c2) nospec", new BpfInstruction { Code = 0xC2 } },
        { "(20) r0 = *(u32 *)skb[12]", LoadPacket(BpfAccessSize.Word, 12) },
        { "(28) r0 = *(u16 *)skb[-1]", LoadPacket(BpfAccessSize.HalfWord, -1) },
        { "(50) r0 = *(u8 *)skb[r7 + 3]", LoadPacketIndirect(BpfAccessSize.Byte, R7, 3) },
        { "(00) unknown opcode", default },
        { "(db) lock *(u64 *)(r1 +8) += r2", Atomic(BpfAtomicOperation.Add, BpfAccessSize.DoubleWord, R1, 8, R2) },
        { "(c3) lock *(u32 *)(r1 +8) |= r2", Atomic(BpfAtomicOperation.Or, BpfAccessSize.Word, R1, 8, R2) },
        { "(c3) lock *(u32 *)(r1 +8) &= r2", Atomic(BpfAtomicOperation.And, BpfAccessSize.Word, R1, 8, R2) },
        { "(db) lock *(u64 *)(r1 -8) ^= r2", Atomic(BpfAtomicOperation.Xor, BpfAccessSize.DoubleWord, R1, -8, R2) },
        { "(db) r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)", Atomic(BpfAtomicOperation.FetchAdd, BpfAccessSize.DoubleWord, R1, 8, R2) },
        { "(c3) r2 = atomic_fetch_or((u32 *)(r1 +8), r2)", Atomic(BpfAtomicOperation.FetchOr, BpfAccessSize.Word, R1, 8, R2) },
        { "(c3) r2 = atomic_fetch_and((u32 *)(r1 +8), r2)", Atomic(BpfAtomicOperation.FetchAnd, BpfAccessSize.Word, R1, 8, R2) },
        { "(db) r2 = atomic64_fetch_xor((u64 *)(r1 +8), r2)", Atomic(BpfAtomicOperation.FetchXor, BpfAccessSize.DoubleWord, R1, 8, R2) },
        { "(db) r2 = atomic64_xchg((u64 *)(r1 +8), r2)", Atomic(BpfAtomicOperation.Xchg, BpfAccessSize.DoubleWord, R1, 8, R2) },
        { "(c3) r0 = atomic_cmpxchg((u32 *)(r1 +8), r0, r2)", Atomic(BpfAtomicOperation.Cmpxchg, BpfAccessSize.Word, R1, 8, R2) },
        { "(d3) r2 = load_acquire((u8 *)(r1 +8))", Atomic(BpfAtomicOperation.LoadAcquire, BpfAccessSize.Byte, R2, 8, R1) },
        { "(cb) store_release((u16 *)(r1 +8), r2)", Atomic(BpfAtomicOperation.StoreRelease, BpfAccessSize.HalfWord, R1, 8, R2) },
        { "BUG_db", Atomic((BpfAtomicOperation)0x99, BpfAccessSize.DoubleWord, R1, 8, R2) },
        { "(05) goto pc+3", Jump(3) },
        { "(05) goto pc-3", Jump(-3) },
        { "(05) goto pc+0", Jump(0) },
        { "(06) gotol pc-40000", JumpFar(-40000) },
        { "(e5) may_goto pc+5", MayJump(5) },
        { "(0d) gotox r3", new BpfInstruction { Code = 0x0D, DestinationRegister = R3 } },
        { "(15) if r0 == 0x0 goto pc+1", JumpIfImmediate(BpfJumpOperation.Jeq, R0, 0, 1) },
        { "(56) if w0 != 0xffffffff goto pc-2", JumpIfImmediate32(BpfJumpOperation.Jne, R0, -1, -2) },
        { "(2d) if r1 > r2 goto pc+1", JumpIf(BpfJumpOperation.Jgt, R1, R2, 1) },
        { "(3e) if w1 >= w2 goto pc+1", JumpIf32(BpfJumpOperation.Jge, R1, R2, 1) },
        { "(a5) if r1 < 0x40 goto pc+1", JumpIfImmediate(BpfJumpOperation.Jlt, R1, 64, 1) },
        { "(b5) if r1 <= 0x40 goto pc+1", JumpIfImmediate(BpfJumpOperation.Jle, R1, 64, 1) },
        { "(45) if r1 & 0x8 goto pc+1", JumpIfImmediate(BpfJumpOperation.Jset, R1, 8, 1) },
        { "(65) if r1 s> 0xffffffff goto pc+1", JumpIfImmediate(BpfJumpOperation.Jsgt, R1, -1, 1) },
        { "(75) if r1 s>= 0x0 goto pc+1", JumpIfImmediate(BpfJumpOperation.Jsge, R1, 0, 1) },
        { "(cd) if r1 s< r2 goto pc+1", JumpIf(BpfJumpOperation.Jslt, R1, R2, 1) },
        { "(de) if w1 s<= w2 goto pc+1", JumpIf32(BpfJumpOperation.Jsle, R1, R2, 1) },
        { "(f5) unknown opcode", new BpfInstruction { Code = 0xF5 } },
        { "(85) call bpf_map_lookup_elem#1", Call(BpfHelper.MapLookupElem) },
        { "(85) call bpf_cgrp_storage_delete#211", Call(BpfHelper.CgrpStorageDelete) },
        { "(85) call unknown#212", Call((BpfHelper)212) },
        { "(85) call unknown#195896080", CorePoison.Instruction },
        { "(85) call unknown#-1", Call((BpfHelper)(-1)) },
        { "(85) call pc+5", CallSubprogram(5) },
        { "(85) call pc-5", CallSubprogram(-5) },
        { "(85) call kernel-function#4711", CallKernelFunction(new BtfTypeId(4711)) },
        { "(95) exit", Exit() },
        { "(96) unknown opcode", new BpfInstruction { Code = 0x96 } },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Instructions_read_as_in_the_log_of_the_verifier(string text, BpfInstruction instruction) => BpfDisassembler.Format(instruction).Should().Be(text);

    [Fact]
    public void A_load_of_64_bits_has_both_halves_and_what_they_mean()
    {
        Text(Load64(R1, 0xFEDC_BA98_7654_3210)).Should().Be("(18) r1 = 0xfedcba9876543210");
        Text(Load64(R1, 0)).Should().Be("(18) r1 = 0x0");
        Text(LoadMapFd(R1, 3)).Should().Be("(18) r1 = map[fd:3]");
        Text(LoadMapValue(R1, 3, 16)).Should().Be("(18) r1 = map[fd:3][0]+16");
        Text(Load64(R1, BpfLoadKind.MapIndex, 3, 0)).Should().Be("(18) r1 = map[idx:3]");
        Text(Load64(R1, BpfLoadKind.MapIndexValue, 3, 4)).Should().Be("(18) r1 = map[idx:3][0]+4");
        Text(LoadFunction(R2, 12)).Should().Be("(18) r2 = 0xc");
        Text(Load64(R1, 0xFEDC_BA98_7654_3210)[..1]).Should().Be("(18) r1 = 0x76543210", "a half that is missing is zero");
        Text(LoadKernelVariable(R2, new BtfTypeId(16))).Should().Be("(18) r2 = 0x10");

        static string Text(BpfInstruction[] code) => new BpfDisassembler().Format(code, 0);
    }

    [Fact]
    public void A_listing_has_slots_lines_of_source_and_names()
    {
        BpfInstruction[] code = [.. LoadMapFd(R1, 3), CallKernelFunction(new BtfTypeId(7)), MovImmediate(R0, 0), Exit()];
        var disassembler = new BpfDisassembler
        {
            OperandOf = slot => slot == 0 ? "map[id:3]" : null,
            KernelFunctionOf = slot => slot == 2 ? "bpf_rcu_read_lock" : null,
            SourceLineOf = slot => slot < 3 ? "lock(); @ file.c:18" : "return 0; @ file.c:19",
        };

        disassembler.Disassemble(code).Should().Be(
            """
            ; lock(); @ file.c:18
            0: (18) r1 = map[id:3]
            2: (85) call bpf_rcu_read_lock#7
            ; return 0; @ file.c:19
            3: (b7) r0 = 0
            4: (95) exit

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_listing_tells_what_relocations_did()
    {
        TestBtf local = new(), target = new();
        uint root = local.Struct("s", 8, new TestMember("x", local.U32, 32), new TestMember("y", local.U32, 0));
        _ = target.Struct("s", 32, new TestMember("x", target.U32, 192));
        BpfInstruction[] code = [LoadMemory(BpfAccessSize.Word, R1, R2, 4), MovImmediate(R0, 0), MovImmediate(R3, 1), Exit()];
        CoreRelocationRecord Record(string access, CoreRelocationKind kind) => new(0, new BtfTypeId(root), local.String(access), kind);
        CoreRelocationRecord[] records =
        [
            Record("0:0", CoreRelocationKind.FieldByteOffset), Record("0:1", CoreRelocationKind.FieldByteOffset), Record("0:1", CoreRelocationKind.FieldExists),
        ];
        var relocator = new CoreRelocator(local.Build(), new CoreTarget(target.Build("target")));
        CoreRelocationResult[] results = [.. records.Select((record, i) => relocator.Relocate(record, code, i))];

        new BpfDisassembler { Relocations = results }.Disassemble(code).Should().Be(
            """
            0: (61) r1 = *(u32 *)(r2 +24)           ; byte_off struct s.x (0:0 @ offset 4): 4 -> 24
            1: (85) call unknown#195896080          ; byte_off struct s.y (0:1 @ offset 0) poisoned: struct s has no member y
            2: (b7) r3 = 0                          ; field_exists struct s.y (0:1 @ offset 0): absent, 1 -> 0
            3: (95) exit

            """.ReplaceLineEndings("\n"));
    }
}
