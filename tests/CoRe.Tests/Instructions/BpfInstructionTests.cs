using System.Runtime.InteropServices;

namespace P3Ebpf.CoRe.Tests;

public class BpfInstructionTests
{
    // r1 = *(u32 *)(r2 + 0x1234), with an immediate that such a load does not have, in both encodings.
    private static readonly byte[] LittleEndian = [0x61, 0x21, 0x34, 0x12, 0x78, 0x56, 0x34, 0x92];
    private static readonly byte[] BigEndian = [0x61, 0x12, 0x12, 0x34, 0x92, 0x34, 0x56, 0x78];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reads_and_writes_either_byte_order(bool littleEndian)
    {
        byte[] bytes = littleEndian ? LittleEndian : BigEndian;

        BpfInstruction instruction = BpfInstruction.Decode(bytes, littleEndian).Should().ContainSingle().Subject;

        instruction.Code.Should().Be(0x61);
        instruction.Class.Should().Be(BpfInstructionClass.Ldx);
        instruction.Mode.Should().Be(BpfAccessMode.Mem);
        instruction.Size.Should().Be(BpfAccessSize.Word);
        instruction.DestinationRegister.Should().Be(BpfRegister.R1);
        instruction.SourceRegister.Should().Be(BpfRegister.R2);
        instruction.Offset.Should().Be(0x1234);
        instruction.Immediate.Should().Be(unchecked((int)0x92345678));
        byte[] written = new byte[8];
        instruction.Write(written, littleEndian);
        written.Should().Equal(bytes);
    }

    [Fact]
    public void Memory_holds_what_the_kernel_expects()
    {
        BpfInstruction[] instructions = [BpfInstruction.Read(BigEndian, littleEndian: false)];

        MemoryMarshal.AsBytes<BpfInstruction>(instructions).ToArray().Should().Equal(BitConverter.IsLittleEndian ? LittleEndian : BigEndian);
    }

    [Fact]
    public void Setting_one_register_keeps_the_other()
    {
        var instruction = new BpfInstruction { DestinationRegister = BpfRegister.R10, SourceRegister = BpfRegister.R3 };

        (instruction with { DestinationRegister = BpfRegister.R4 }).SourceRegister.Should().Be(BpfRegister.R3);
        (instruction with { SourceRegister = BpfRegister.R5 }).DestinationRegister.Should().Be(BpfRegister.R10);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Several_are_read_one_after_the_other(bool littleEndian)
    {
        BpfInstruction[] code = [BpfInstruction.MovImmediate(BpfRegister.R0, 1), BpfInstruction.LoadMemory(BpfAccessSize.Byte, BpfRegister.R3, BpfRegister.R9, -2), BpfInstruction.Exit()];
        byte[] bytes = new byte[24];
        for (int i = 0; i < code.Length; i++)
            code[i].Write(bytes.AsSpan(i * BpfInstruction.Length), littleEndian);

        BpfInstruction.Decode(bytes, littleEndian).Should().Equal(code);
    }

    [Fact]
    public void Reads_as_its_numbers() =>
        BpfInstruction.LoadMemory(BpfAccessSize.Byte, BpfRegister.R3, BpfRegister.R9, -2).ToString().Should().Be("code 0x71 dst 3 src 9 off -2 imm 0");

    [Fact]
    public void Refuses_half_an_instruction()
    {
        Action decode = () => BpfInstruction.Decode(new byte[12], littleEndian: true);

        decode.Should().Throw<ArgumentException>().WithMessage("12 bytes*");
    }
}
