using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>A .BTF.ext section: function types, source lines and CO-RE relocations of an object's instructions.</summary>
/// <remarks>Rules: Documentation/bpf/btf.rst and <c>btf_ext_parse</c> of libbpf.</remarks>
public sealed class BtfExt
{
    private const int ShortHeaderLength = 24;
    private const int LongHeaderLength = 32;

    private BtfExt(BtfExtTable<BtfFuncInfo> funcInfo, BtfExtTable<BtfLineInfo> lineInfo, BtfExtTable<CoreRelocationRecord> coreRelocations)
    {
        FuncInfo = funcInfo;
        LineInfo = lineInfo;
        CoreRelocations = coreRelocations;
    }

    /// <summary>The functions that start in each section.</summary>
    public BtfExtTable<BtfFuncInfo> FuncInfo { get; }

    /// <summary>The source lines of each section.</summary>
    public BtfExtTable<BtfLineInfo> LineInfo { get; }

    /// <summary>The CO-RE relocations of each section.</summary>
    public BtfExtTable<CoreRelocationRecord> CoreRelocations { get; }

    /// <summary>Reads a .BTF.ext section.</summary>
    /// <param name="data">Its bytes, in either byte order; must not change afterwards.</param>
    /// <param name="spec">The BTF of the same object, which has the names of the sections.</param>
    /// <param name="source">What to call the data in messages.</param>
    /// <exception cref="BtfFormatException">The data is malformed.</exception>
    public static BtfExt Parse(ReadOnlyMemory<byte> data, BtfSpec spec, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ReadOnlySpan<byte> original = data.Span;
        if (original.Length < 8)
            throw new BtfFormatException(BtfErrorCode.TooSmall, $".BTF.ext of {original.Length} bytes is too small for its header", 0, source: source);
        if (!BtfHeader.HasMagic(original))
            throw new BtfFormatException(BtfErrorCode.BadMagic, $"not .BTF.ext: it begins with {original[0]:x2} {original[1]:x2}", 0, source: source);
        if (original[2] != 1 || original[3] != 0)
            throw new BtfFormatException(BtfErrorCode.UnsupportedVersion, $".BTF.ext has version {original[2]} and flags {original[3]}; known are 1 and 0", 2, source: source);

        bool native = (original[0] == 0x9F) == BitConverter.IsLittleEndian;
        ArraySegment<byte> bytes = native && MemoryMarshal.TryGetArray(data, out ArraySegment<byte> given) ? given : new ArraySegment<byte>(original.ToArray());
        if (!native)
            SwapWords(bytes, 4, 1);

        uint headerLength = Read(bytes, 4);
        if (headerLength < ShortHeaderLength || headerLength >= (uint)bytes.Count)
        {
            string problem = headerLength == (uint)bytes.Count ? ".BTF.ext has a header but no data" : $".BTF.ext has a header length of {headerLength} bytes in {bytes.Count}";
            throw new BtfFormatException(BtfErrorCode.BadHeaderLength, problem, 4, source: source);
        }

        if (!native)
            SwapWords(bytes, 8, ((headerLength >= LongHeaderLength ? LongHeaderLength : ShortHeaderLength) - 8) / 4);
        var reader = new Reader(bytes, (int)headerLength, spec, source, native);
        return new BtfExt(
            reader.Table<BtfFuncInfo>("function information", 8),
            reader.Table<BtfLineInfo>("line information", 16),
            reader.Table<CoreRelocationRecord>("CO-RE relocations", headerLength >= LongHeaderLength ? 24 : -1));
    }

    private static uint Read(ArraySegment<byte> bytes, int offset) => MemoryMarshal.Read<uint>(bytes.AsSpan(offset));

    private static void SwapWords(ArraySegment<byte> bytes, int offset, int count)
    {
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(offset, count * 4));
        for (int i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReverseEndianness(words[i]);
    }

    private readonly struct Reader(ArraySegment<byte> bytes, int headerLength, BtfSpec spec, string? source, bool native)
    {
        public BtfExtTable<TRecord> Table<TRecord>(string what, int field)
            where TRecord : unmanaged
        {
            uint offset = field < 0 ? 0 : Read(bytes, field);
            uint length = field < 0 ? 0 : Read(bytes, field + 4);
            if (length == 0)
                return new BtfExtTable<TRecord>(0, []);
            if (offset % 4 != 0)
                throw Malformed(BtfErrorCode.BadSection, $"{what} start at {offset}, which is not a multiple of 4", field);
            if ((long)offset + length > bytes.Count - headerLength || length < 4)
                throw Malformed(BtfErrorCode.BadSection, $"{what} of {length} bytes at {offset} lie outside the {bytes.Count - headerLength} bytes of data", field);

            int position = headerLength + (int)offset;
            int end = position + (int)length;
            uint recordLength = Word(position);
            int known = Unsafe.SizeOf<TRecord>();
            if (recordLength < known || recordLength % 4 != 0 || recordLength > length || (!native && recordLength != known))
                throw Malformed(BtfErrorCode.BadExtRecord, $"{what} have records of {recordLength} bytes; {known} or more were expected, a multiple of 4", position);

            var sections = new List<BtfExtSection<TRecord>>();
            position += 4;
            while (position < end)
            {
                if (end - position < 8)
                    throw Malformed(BtfErrorCode.BadExtRecord, $"{end - position} bytes are left at the end of the {what}, too few for a section", position);
                uint name = Word(position);
                uint count = Word(position + 4);
                if (count == 0)
                    throw Malformed(BtfErrorCode.BadExtRecord, $"a section of the {what} has no records", position + 4);
                if ((long)count * recordLength > end - position - 8)
                    throw Malformed(BtfErrorCode.BadExtRecord, $"{count} records of {recordLength} bytes run past the end of the {what}", position + 4);
                if (!spec.TryGetString(name, out BtfString sectionName))
                    throw Malformed(BtfErrorCode.BadStringOffset, $"the name of a section of the {what} lies outside the strings", position);

                if (!native)
                    SwapWords(bytes, position + 8, (int)(count * recordLength / 4));
                sections.Add(new BtfExtSection<TRecord>(bytes, sectionName, position + 8, (int)count, (int)recordLength));
                position += 8 + (int)(count * recordLength);
            }

            return new BtfExtTable<TRecord>((int)recordLength, [.. sections]);
        }

        /// <summary>The words between the records are swapped when read, the records in bulk.</summary>
        private uint Word(int position)
        {
            uint word = Read(bytes, position);
            return native ? word : BinaryPrimitives.ReverseEndianness(word);
        }

        private BtfFormatException Malformed(BtfErrorCode code, string problem, int offset) => new(code, problem, offset, default, source);
    }
}

/// <summary>The type of the function that starts at an instruction (<c>struct bpf_func_info</c>): 8 bytes.</summary>
/// <param name="InstructionOffset">Bytes from the start of the ELF section; the kernel counts instructions instead.</param>
/// <param name="TypeId">The function, in the object's BTF.</param>
public readonly record struct BtfFuncInfo(uint InstructionOffset, BtfTypeId TypeId);

/// <summary>The source line of an instruction (<c>struct bpf_line_info</c>): 16 bytes.</summary>
/// <param name="InstructionOffset">Bytes from the start of the ELF section; the kernel counts instructions instead.</param>
/// <param name="FileNameOffset">The file's name, in the object's strings.</param>
/// <param name="LineOffset">The text of the line, in the object's strings.</param>
/// <param name="LineAndColumn">Line number times 1024, plus the column.</param>
public readonly record struct BtfLineInfo(uint InstructionOffset, uint FileNameOffset, uint LineOffset, uint LineAndColumn)
{
    /// <summary>The line number, from 1.</summary>
    public int Line => (int)(LineAndColumn >> 10);

    /// <summary>The column, from 1.</summary>
    public int Column => (int)(LineAndColumn & 0x3FF);
}
