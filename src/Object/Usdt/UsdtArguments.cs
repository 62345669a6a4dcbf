using System.Buffers.Binary;
using System.Globalization;

namespace P3Ebpf.Object;

/// <summary>How the value of a probe's argument is found. The numbers are those of <c>enum __bpf_usdt_arg_type</c> (usdt.bpf.h).</summary>
public enum UsdtArgumentKind : byte
{
    /// <summary>The value is <see cref="UsdtArgument.Value"/>.</summary>
    Const = 0,

    /// <summary>The value is in the register.</summary>
    Register = 1,

    /// <summary>The value is in memory, at the register plus <see cref="UsdtArgument.Value"/>.</summary>
    RegisterDereference = 2,

    /// <summary>
    /// The value is in memory, at the register plus the index register times the scale plus <see cref="UsdtArgument.Value"/> (x86's
    /// scale, index, base).
    /// </summary>
    Sib = 3,
}

/// <summary>Where the value of one argument of a probe is, at one site.</summary>
/// <param name="Kind">How it is found.</param>
/// <param name="Size">Its size in bytes: 1, 2, 4 or 8.</param>
/// <param name="IsSigned">Whether a smaller value is extended by its sign to 64 bits.</param>
/// <param name="Value">The constant, or what to add to the address.</param>
/// <param name="RegisterOffset">
/// Byte offset of the register in the registers that the kernel saves: <c>struct pt_regs</c> of x86-64, <c>struct user_pt_regs</c> of arm64.
/// </param>
/// <param name="IndexRegisterOffset">Likewise of the index register.</param>
/// <param name="ScaleShift">By how many bits the index register is shifted: 0 to 3, for a scale of 1, 2, 4 or 8.</param>
public readonly record struct UsdtArgument(
    UsdtArgumentKind Kind, int Size, bool IsSigned, long Value, short RegisterOffset = 0, short IndexRegisterOffset = 0, byte ScaleShift = 0)
{
    /// <summary>Bytes of <see cref="Write"/>.</summary>
    public const int EncodedSize = 16;

    /// <summary>By how many bits the 64 bits read are shifted left and back to leave the value: 64 less its size in bits.</summary>
    public int BitShift => 64 - 8 * Size;

    /// <summary>Writes it as the program reads it, little endian (<c>struct __bpf_usdt_arg_spec</c>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are less than <see cref="EncodedSize"/> bytes.</exception>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, Value);
        // arg_type: 8, idx_reg_off: 12, scale_bitshift: 4, reserved: 8
        BinaryPrimitives.WriteUInt32LittleEndian(destination.Slice(8), (uint)Kind | (uint)IndexRegisterOffset << 8 | (uint)ScaleShift << 20);
        BinaryPrimitives.WriteInt16LittleEndian(destination.Slice(12), RegisterOffset);
        destination[14] = IsSigned ? (byte)1 : (byte)0;
        destination[15] = (byte)BitShift;
    }
}

/// <summary>An argument of a probe is written in a way that a BPF program cannot follow.</summary>
public sealed class UsdtArgumentException : EbpfException
{
    private const string Advice =
        "Programs read constants, registers, and memory addressed by registers. Build the probed program so that its compiler puts the argument there.";

    /// <summary>Describes it.</summary>
    /// <param name="arguments">All arguments of the site, as its note has them.</param>
    /// <param name="position">Where the argument at fault begins in them.</param>
    /// <param name="message">Which argument, and what is wrong.</param>
    public UsdtArgumentException(string arguments, int position, string message)
        : base(message, message, file: null, Advice, inner: null)
    {
        Arguments = arguments;
        Position = position;
    }

    /// <summary>All arguments of the site.</summary>
    public string Arguments { get; }

    /// <summary>Where the argument at fault begins in them, counted in characters from 0.</summary>
    public int Position { get; }
}

/// <summary>
/// Reads the arguments of a probe's site, such as <c>-4@%eax 8@$5 8@(%rdi,%rsi,4)</c> or <c>-4@[sp, 12] 8@x0</c>: sizes, negative for
/// signed values, and operands as the assembler writes them. What is understood is what libbpf's <c>parse_usdt_spec</c> and
/// <c>parse_usdt_arg</c> (usdt.c) understand; besides, floating-point numbers, which come as their bits, and the lower halves of arm64's registers.
/// </summary>
public static class UsdtArguments
{
    /// <summary>The most arguments that a program can ask for (<c>BPF_USDT_MAX_ARG_CNT</c>).</summary>
    public const int MaxCount = 12;

    /// <summary>Reads all arguments of a site.</summary>
    /// <param name="arguments">The text, empty for none (<see cref="ElfUsdtProbe.Arguments"/>).</param>
    /// <param name="machine">Whose registers they name: <see cref="ElfMachine.X64"/> or <see cref="ElfMachine.AArch64"/>.</param>
    /// <exception cref="UsdtArgumentException">An argument is of a kind that is not supported, or there are more than <see cref="MaxCount"/>.</exception>
    /// <exception cref="NotSupportedException">The machine is another one.</exception>
    public static IReadOnlyList<UsdtArgument> Parse(string arguments, ElfMachine machine)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (machine is not (ElfMachine.X64 or ElfMachine.AArch64))
            throw new NotSupportedException($"Arguments of probes are understood for x86-64 and arm64, not for {machine}.");
        var scanner = new Scanner(arguments);
        var parsed = new List<UsdtArgument>();
        for (scanner.SkipBlanks(); !scanner.IsAtEnd; scanner.SkipBlanks())
        {
            scanner.BeginArgument();
            if (parsed.Count == MaxCount)
                throw scanner.Error($"there are more than {MaxCount} arguments, which programs cannot read");
            parsed.Add(ParseArgument(ref scanner, machine));
        }

        return parsed;
    }

    private static UsdtArgument ParseArgument(ref Scanner scanner, ElfMachine machine)
    {
        if (!scanner.TryInteger(out long size))
            throw scanner.Error("it does not begin with its size, as in -4@%eax");
        // Newer sys/sdt.h marks floating-point numbers. In memory and general registers their bits are read like any others.
        _ = scanner.TryTake('f');
        scanner.SkipBlanks();
        if (!scanner.TryTake('@'))
            throw scanner.Error("no @ stands between its size and its place");
        if (size is not (1 or 2 or 4 or 8 or -1 or -2 or -4 or -8))
            throw scanner.Error($"its size {size} is none of 1, 2, 4 and 8");
        scanner.SkipBlanks();
        UsdtArgument place = machine == ElfMachine.X64 ? ParseX64(ref scanner) : ParseArm64(ref scanner);
        return place with { Size = (int)Math.Abs(size), IsSigned = size < 0 };
    }

    private static UsdtArgument ParseX64(ref Scanner scanner)
    {
        if (scanner.TryTake('$'))
            return scanner.TryInteger(out long constant)
                ? Place(UsdtArgumentKind.Const, constant)
                : throw scanner.Error("its constant is no decimal number");
        if (scanner.TryTake('%'))
            return Place(UsdtArgumentKind.Register, 0, RegisterX64(ref scanner));

        bool hasOffset = scanner.TryInteger(out long offset);
        scanner.SkipBlanks();
        if (!scanner.TryTake('('))
            throw scanner.Error(hasOffset
                ? "it is at a fixed address, for which there is no register"
                : "its place is neither $constant, %register nor offset(%base,%index,scale); places named by a variable are not supported");
        short register = BaseX64(ref scanner), index = 0;
        long scale = 1;
        bool isIndexed = scanner.TryTakeAfterBlanks(',');
        if (isIndexed)
        {
            index = BaseX64(ref scanner);
            if (scanner.TryTakeAfterBlanks(',') && !scanner.TryInteger(out scale))
                throw scanner.Error("its scale is no number");
        }

        if (!scanner.TryTakeAfterBlanks(')'))
            throw scanner.Error("its parenthesis is not closed");
        return isIndexed
            ? Place(UsdtArgumentKind.Sib, offset, register) with { IndexRegisterOffset = index, ScaleShift = ScaleShift(scanner, scale) }
            : Place(UsdtArgumentKind.RegisterDereference, offset, register);
    }

    private static short BaseX64(ref Scanner scanner)
    {
        scanner.SkipBlanks();
        return scanner.TryTake('%') ? RegisterX64(ref scanner) : throw scanner.Error("where a register is expected, there is none");
    }

    private static byte ScaleShift(Scanner scanner, long scale) => scale switch
    {
        1 => 0,
        2 => 1,
        4 => 2,
        8 => 3,
        _ => throw scanner.Error($"its scale {scale} is none of 1, 2, 4 and 8"),
    };

    private static UsdtArgument ParseArm64(ref Scanner scanner)
    {
        if (!scanner.TryTake('['))
            return scanner.TryInteger(out long constant)
                ? Place(UsdtArgumentKind.Const, constant)
                : Place(UsdtArgumentKind.Register, 0, RegisterArm64(ref scanner));

        scanner.SkipBlanks();
        short register = RegisterArm64(ref scanner);
        long offset = 0;
        if (scanner.TryTakeAfterBlanks(',') && !scanner.TryInteger(out offset))
            throw scanner.Error("its offset is no decimal number; a second register is not supported");

        return scanner.TryTakeAfterBlanks(']')
            ? Place(UsdtArgumentKind.RegisterDereference, offset, register)
            : throw scanner.Error("its bracket is not closed");
    }

    private static UsdtArgument Place(UsdtArgumentKind kind, long value, short register = 0) =>
        new(kind, Size: 0, IsSigned: false, value, register);

    /// <summary>Offsets in <c>struct pt_regs</c> (arch/x86/include/uapi/asm/ptrace.h).</summary>
    private static short RegisterX64(ref Scanner scanner)
    {
        string name = scanner.Name();
        int slot = name switch
        {
            "rip" or "eip" => 16,
            "rax" or "eax" or "ax" or "al" => 10,
            "rbx" or "ebx" or "bx" or "bl" => 5,
            "rcx" or "ecx" or "cx" or "cl" => 11,
            "rdx" or "edx" or "dx" or "dl" => 12,
            "rsi" or "esi" or "si" or "sil" => 13,
            "rdi" or "edi" or "di" or "dil" => 14,
            "rbp" or "ebp" or "bp" or "bpl" => 4,
            "rsp" or "esp" or "sp" or "spl" => 19,
            "r8" or "r8d" or "r8w" or "r8b" => 9,
            "r9" or "r9d" or "r9w" or "r9b" => 8,
            "r10" or "r10d" or "r10w" or "r10b" => 7,
            "r11" or "r11d" or "r11w" or "r11b" => 6,
            "r12" or "r12d" or "r12w" or "r12b" => 3,
            "r13" or "r13d" or "r13w" or "r13b" => 2,
            "r14" or "r14d" or "r14w" or "r14b" => 1,
            "r15" or "r15d" or "r15w" or "r15b" => 0,
            _ => throw UnknownRegister(scanner, name),
        };
        return (short)(8 * slot);
    }

    /// <summary>Offsets in <c>struct user_pt_regs</c> (arch/arm64/include/uapi/asm/ptrace.h): x0 to x30, then sp.</summary>
    private static short RegisterArm64(ref Scanner scanner)
    {
        const int StackPointer = 31;
        string name = scanner.Name();
        if (name == "sp")
            return 8 * StackPointer;
        bool isNumbered = name.Length is 2 or 3 && name[0] is 'x' or 'w' && (name.Length == 2 || name[1] != '0');
        return isNumbered && byte.TryParse(name[1..], NumberStyles.None, CultureInfo.InvariantCulture, out byte number) && number < StackPointer
            ? (short)(8 * number)
            : throw UnknownRegister(scanner, name);
    }

    private static UsdtArgumentException UnknownRegister(Scanner scanner, string name) =>
        scanner.Error(name.Length == 0
            ? "its place cannot be understood"
            : $"'{name}' is no register that the kernel saves");

    /// <summary>Moves over the text, and knows where the argument began that an error is about.</summary>
    private ref struct Scanner(string text)
    {
        private int _position, _start;

        public readonly bool IsAtEnd => _position == text.Length;

        private readonly char Current => IsAtEnd ? '\0' : text[_position];

        public void BeginArgument() => _start = _position;

        public void SkipBlanks()
        {
            while (Current is ' ' or '\t' or '\n' or '\v' or '\f' or '\r')
                _position++;
        }

        public bool TryTake(char wanted)
        {
            bool isThere = !IsAtEnd && Current == wanted;
            _position += isThere ? 1 : 0;
            return isThere;
        }

        public bool TryTakeAfterBlanks(char wanted)
        {
            SkipBlanks();
            return TryTake(wanted);
        }

        /// <summary>A decimal number with or without sign. Constants may use all 64 bits.</summary>
        public bool TryInteger(out long value)
        {
            SkipBlanks();
            int start = _position;
            bool isNegative = TryTake('-');
            if (!isNegative)
                _ = TryTake('+');
            ulong magnitude = 0;
            int digits = _position;
            for (; Current is >= '0' and <= '9'; _position++)
            {
                ulong digit = (ulong)(Current - '0');
                if (magnitude > (ulong.MaxValue - digit) / 10)
                    throw Error("its number does not fit 64 bits");
                magnitude = 10 * magnitude + digit;
            }

            if (isNegative && magnitude > 1ul << 63)
                throw Error("its number does not fit 64 bits");
            value = unchecked(isNegative ? -(long)magnitude : (long)magnitude);
            if (_position > digits)
                return true;
            _position = start;
            return false;
        }

        public string Name()
        {
            int start = _position;
            while (Current is >= 'a' and <= 'z' or >= '0' and <= '9')
                _position++;
            return text.Substring(start, _position - start);
        }

        public readonly UsdtArgumentException Error(string what)
        {
            int end = text.IndexOf(' ', Math.Max(_start, Math.Min(_position, text.Length)));
            string argument = text.Substring(_start, (end < 0 ? text.Length : end) - _start);
            return new UsdtArgumentException(text, _start, $"Argument '{argument}' of a probe with the arguments '{text}' cannot be read: {what}.");
        }
    }
}
