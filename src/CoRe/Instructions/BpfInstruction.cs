using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace P3Ebpf.CoRe;

/// <summary>
/// One slot of a BPF program (<c>struct bpf_insn</c>): 8 bytes in this machine's byte order, so that an array of them is what the kernel takes.
/// </summary>
/// <remarks>Encoding: Documentation/bpf/standardization/instruction-set.rst.</remarks>
[StructLayout(LayoutKind.Sequential)]
public partial record struct BpfInstruction
{
    /// <summary>Bytes of a slot.</summary>
    public const int Length = 8;

    /// <summary>BPF_LD | BPF_IMM | BPF_DW: loads 64 bits; takes two slots.</summary>
    public const byte LoadImmediate64Code = (byte)BpfInstructionClass.Ld | (byte)BpfAccessMode.Imm | (byte)BpfAccessSize.DoubleWord;

    /// <summary>BPF_JMP | BPF_CALL.</summary>
    public const byte CallCode = (byte)BpfInstructionClass.Jmp | (byte)BpfJumpOperation.Call;

    /// <summary>BPF_JMP | BPF_EXIT.</summary>
    public const byte ExitCode = (byte)BpfInstructionClass.Jmp | (byte)BpfJumpOperation.Exit;

    private const byte ClassMask = 0x07;
    private const byte SourceFlag = 0x08;
    private const byte SizeMask = 0x18;
    private const byte ModeMask = 0xE0;
    private const byte OperationMask = 0xF0;

    private byte _code;
    private byte _registers;
    private short _offset;
    private int _immediate;

    /// <summary>The opcode: class in the low 3 bits; the rest depends on the class.</summary>
    public byte Code
    {
        readonly get => _code;
        set => _code = value;
    }

    /// <summary>The destination register.</summary>
    public BpfRegister DestinationRegister
    {
        readonly get => (BpfRegister)(BitConverter.IsLittleEndian ? LowNibble(_registers) : HighNibble(_registers));
        set => _registers = BitConverter.IsLittleEndian ? Nibbles(HighNibble(_registers), (byte)value) : Nibbles((byte)value, LowNibble(_registers));
    }

    /// <summary>The source register; of a 64-bit load or a call see <see cref="LoadKind"/> and <see cref="CallKind"/>.</summary>
    public BpfRegister SourceRegister
    {
        readonly get => (BpfRegister)(BitConverter.IsLittleEndian ? HighNibble(_registers) : LowNibble(_registers));
        set => _registers = BitConverter.IsLittleEndian ? Nibbles((byte)value, LowNibble(_registers)) : Nibbles(HighNibble(_registers), (byte)value);
    }

    /// <summary>Of a 64-bit load, what the immediate means; it is kept in the place of the source register.</summary>
    public BpfLoadKind LoadKind
    {
        readonly get => (BpfLoadKind)SourceRegister;
        set => SourceRegister = (BpfRegister)value;
    }

    /// <summary>Of a call, what it calls; it is kept in the place of the source register.</summary>
    public BpfCallKind CallKind
    {
        readonly get => (BpfCallKind)SourceRegister;
        set => SourceRegister = (BpfRegister)value;
    }

    /// <summary>Bytes to a memory operand, or slots to a jump's target.</summary>
    public short Offset
    {
        readonly get => _offset;
        set => _offset = value;
    }

    /// <summary>The immediate operand.</summary>
    public int Immediate
    {
        readonly get => _immediate;
        set => _immediate = value;
    }

    /// <summary>What kind of instruction it is.</summary>
    public readonly BpfInstructionClass Class => (BpfInstructionClass)(_code & ClassMask);

    /// <summary>Of a load or store, how many bytes it accesses.</summary>
    public readonly BpfAccessSize Size => (BpfAccessSize)(_code & SizeMask);

    /// <summary>Of a load or store, how it addresses memory.</summary>
    public readonly BpfAccessMode Mode => (BpfAccessMode)(_code & ModeMask);

    /// <summary>Of an arithmetic instruction, what it does.</summary>
    public readonly BpfAluOperation AluOperation => (BpfAluOperation)(_code & OperationMask);

    /// <summary>Of a jump, a call or an exit, what it does.</summary>
    public readonly BpfJumpOperation JumpOperation => (BpfJumpOperation)(_code & OperationMask);

    /// <summary>Of an atomic instruction, what it does.</summary>
    public readonly BpfAtomicOperation AtomicOperation => (BpfAtomicOperation)_immediate;

    /// <summary>Of an arithmetic instruction or a jump, whether the operand is <see cref="SourceRegister"/> and not <see cref="Immediate"/>.</summary>
    public readonly bool UsesSourceRegister => (_code & SourceFlag) != 0;

    /// <summary>Whether this is the first slot of a 64-bit load (LD_IMM64).</summary>
    public readonly bool IsLoadImmediate64 => _code == LoadImmediate64Code;

    /// <summary>Whether this calls a helper, a kernel function or a function of the program.</summary>
    public readonly bool IsCall => _code == CallCode;

    /// <summary>Whether this returns.</summary>
    public readonly bool IsExit => _code == ExitCode;

    /// <summary>Decodes a program.</summary>
    /// <param name="bytes">The bytes of an ELF section or a part of it.</param>
    /// <param name="littleEndian">The byte order of that file.</param>
    /// <exception cref="ArgumentException">The length is no multiple of 8.</exception>
    public static BpfInstruction[] Decode(ReadOnlySpan<byte> bytes, bool littleEndian)
    {
        if (bytes.Length % Length != 0)
            throw new ArgumentException($"{bytes.Length} bytes are no whole number of BPF instructions of {Length} bytes.", nameof(bytes));
        if (littleEndian == BitConverter.IsLittleEndian)
            return MemoryMarshal.Cast<byte, BpfInstruction>(bytes).ToArray();
        var instructions = new BpfInstruction[bytes.Length / Length];
        for (int i = 0; i < instructions.Length; i++)
            instructions[i] = Read(bytes.Slice(i * Length), littleEndian);
        return instructions;
    }

    /// <summary>Decodes one slot from the first 8 bytes.</summary>
    /// <param name="bytes">At least 8 bytes.</param>
    /// <param name="littleEndian">The byte order of the file.</param>
    public static BpfInstruction Read(ReadOnlySpan<byte> bytes, bool littleEndian) => new()
    {
        _code = bytes[0],
        _registers = littleEndian == BitConverter.IsLittleEndian ? bytes[1] : Nibbles(LowNibble(bytes[1]), HighNibble(bytes[1])),
        _offset = littleEndian ? BinaryPrimitives.ReadInt16LittleEndian(bytes.Slice(2)) : BinaryPrimitives.ReadInt16BigEndian(bytes.Slice(2)),
        _immediate = littleEndian ? BinaryPrimitives.ReadInt32LittleEndian(bytes.Slice(4)) : BinaryPrimitives.ReadInt32BigEndian(bytes.Slice(4)),
    };

    /// <summary>Encodes this slot into the first 8 bytes.</summary>
    /// <param name="bytes">At least 8 bytes.</param>
    /// <param name="littleEndian">The byte order of the file.</param>
    public readonly void Write(Span<byte> bytes, bool littleEndian)
    {
        bytes[0] = _code;
        bytes[1] = littleEndian == BitConverter.IsLittleEndian ? _registers : Nibbles(LowNibble(_registers), HighNibble(_registers));
        if (littleEndian)
        {
            BinaryPrimitives.WriteInt16LittleEndian(bytes.Slice(2), _offset);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.Slice(4), _immediate);
        }
        else
        {
            BinaryPrimitives.WriteInt16BigEndian(bytes.Slice(2), _offset);
            BinaryPrimitives.WriteInt32BigEndian(bytes.Slice(4), _immediate);
        }
    }

    /// <summary>The fields as the verifier's log abbreviates them, for example <c>code 0x61 dst 1 src 2 off 24 imm 0</c>.</summary>
    public override readonly string ToString() => string.Format(
        CultureInfo.InvariantCulture, "code 0x{0:x2} dst {1} src {2} off {3} imm {4}", _code, (byte)DestinationRegister, (byte)SourceRegister, _offset, _immediate);

    private static byte LowNibble(byte value) => (byte)(value & 0x0F);

    private static byte HighNibble(byte value) => (byte)(value >> 4);

    private static byte Nibbles(byte high, byte low) => (byte)((high << 4) | (low & 0x0F));
}
