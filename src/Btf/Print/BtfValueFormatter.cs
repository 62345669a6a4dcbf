using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Btf;

/// <summary>How a value is written.</summary>
public enum BtfValueStyle
{
    /// <summary>As C would initialise it, on one line: <c>{ pid = 1, comm = "bash" }</c>.</summary>
    Text,

    /// <summary>As JSON, on one line: <c>{"pid":1,"comm":"bash"}</c>.</summary>
    Json,
}

/// <summary>
/// Bytes that a program or map holds, as text by their type. Members of unnamed structs and unions stand among those of the type around them, arrays of
/// characters are texts up to the first zero, enumerations are names where a name has the value, pointers are hexadecimal. What the bytes do not reach, or
/// the type does not tell, is <c>…</c>, in JSON <c>null</c>.
/// </summary>
/// <remarks><see cref="BtfValueParser"/> reads what this writes, but for pointers and what is missing. However types nest, a bounded number of values is written.</remarks>
public static class BtfValueFormatter
{
    /// <summary>How many values one text holds; unions that hold unions could multiply without bound.</summary>
    private const int MaxValues = 1 << 18;

    /// <summary>Writes a value.</summary>
    /// <param name="type">Its type; a section stands for its variables.</param>
    /// <param name="value">Its bytes in this machine's order; those behind the type are passed over, or are those of a flexible array at its end.</param>
    /// <param name="style">How.</param>
    public static string Format(BtfType type, ReadOnlySpan<byte> value, BtfValueStyle style = BtfValueStyle.Text)
    {
        var walk = new Walk(value, style);
        walk.Write(type, bit: 0, bitfieldSize: 0, depth: 0);
        return walk.Text;
    }

    /// <summary>The type behind typedefs, qualifiers and variables; <c>void</c> where they are circular.</summary>
    internal static BtfType Resolve(BtfType type)
    {
        for (int i = 0; i < BtfValueLimits.MaxModifiers; i++)
        {
            if (!type.IsModifierOrTypedef && type.Kind != BtfKind.Var)
                return type;
            type = type.Target;
        }

        return default;
    }

    internal static bool IsCharacter(BtfType type) =>
        type.Kind == BtfKind.Int && type.Size == 1 && ((type.Int.Encoding & BtfIntEncoding.Char) != 0 || type.Name.Equals("char"u8));

    /// <summary>Writes a text in quotes, escaped so that it is right in JSON.</summary>
    internal static void AppendQuoted(StringBuilder output, string text)
    {
        _ = output.Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => output.Append('\\').Append(c),
                '\n' => output.Append("\\n"),
                '\t' => output.Append("\\t"),
                < ' ' or '\u007f' => output.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => output.Append(c),
            };
        }

        _ = output.Append('"');
    }

    private ref struct Walk(ReadOnlySpan<byte> data, BtfValueStyle style)
    {
        private readonly ReadOnlySpan<byte> _data = data;
        private readonly bool _json = style == BtfValueStyle.Json;
        private readonly StringBuilder _output = new();
        private int _left = MaxValues;

        public readonly string Text => _output.ToString();

        private readonly long Bits => _data.Length * 8L;

        public void Write(BtfType declared, long bit, uint bitfieldSize, int depth)
        {
            BtfType type = Resolve(declared);
            if (--_left < 0 || depth > BtfValueLimits.MaxNesting)
            {
                Unknown();
                return;
            }

            switch (type.Kind)
            {
                case BtfKind.Int:
                    Integer(type, bit, bitfieldSize);
                    break;
                case BtfKind.Enum or BtfKind.Enum64:
                    Enumeration(type, bit, bitfieldSize);
                    break;
                case BtfKind.Ptr:
                    Address(bit, type.Spec.PointerSize);
                    break;
                case BtfKind.Float:
                    Float(bit, type.Size);
                    break;
                case BtfKind.Array:
                    Array(type, type.Array.Length, bit, depth);
                    break;
                case BtfKind.Struct or BtfKind.Union:
                    Members(type, bit, depth);
                    break;
                case BtfKind.DataSec:
                    Variables(type, depth);
                    break;
                default:
                    Unknown();
                    break;
            }
        }

        private void Members(BtfType type, long bit, int depth)
        {
            long end = bit + (type.Size * 8L);
            int count = 0;
            foreach (BtfMember member in BtfNamedMembers.Of(type, BtfValueLimits.MaxMembers))
            {
                if (_left <= 0)
                    break;
                Begin('{', count++, member.Name);
                BtfType of = type.Spec[member.TypeId];
                long place = bit + member.BitOffset;
                BtfType resolved = Resolve(of);

                // What follows the outermost struct belongs to the flexible array at its end.
                if (depth == 0 && resolved.Kind == BtfKind.Array && resolved.Array.Length == 0 && place == end)
                    Array(resolved, uint.MaxValue, place, depth + 1);
                else
                    Write(of, place, member.BitfieldSize, depth + 1);
            }

            End('{', '}', count);
        }

        private void Variables(BtfType section, int depth)
        {
            int count = 0;
            foreach (BtfSectionVariable variable in section.SectionVariables)
            {
                if (_left <= 0)
                    break;
                BtfType type = section.Spec[variable.TypeId];
                Begin('{', count++, type.Name);
                Write(type, variable.Offset * 8L, 0, depth + 1);
            }

            End('{', '}', count);
        }

        private void Array(BtfType type, uint length, long bit, int depth)
        {
            BtfType element = type.Spec[type.Array.ElementTypeId];
            if (BtfSizes.SizeOf(type.Spec, element.Id, out uint size) is not null)
            {
                Unknown();
                return;
            }

            if (IsCharacter(Resolve(element)))
            {
                Characters(bit, length);
                return;
            }

            int count = 0;
            for (uint i = 0; i < length && size > 0 && _left > 0; i++)
            {
                long place = bit + (i * 8L * size);
                if (place + (size * 8L) > Bits && length == uint.MaxValue)
                    break;
                Begin('[', count++);
                Write(element, place, 0, depth + 1);
                if (place >= Bits)
                    break;
            }

            End('[', ']', count);
        }

        private readonly void Characters(long bit, uint length)
        {
            if (bit % 8 != 0 || bit > Bits)
            {
                Unknown();
                return;
            }

            ReadOnlySpan<byte> bytes = _data.Slice((int)(bit / 8));
            bytes = bytes.Slice(0, (int)Math.Min(length, (uint)bytes.Length));
            int end = bytes.IndexOf((byte)0);
            AppendQuoted(_output, Utf8Text.Of(end < 0 ? bytes : bytes.Slice(0, end)));
        }

        private readonly void Integer(BtfType type, long bit, uint bitfieldSize)
        {
            BtfInt integer = type.Int;
            uint count = bitfieldSize != 0 ? bitfieldSize : (uint)integer.BitCount;
            if (bitfieldSize == 0 && count == 128)
            {
                Hexadecimal(bit, 16);
                return;
            }

            if (!TryRead(bit + integer.BitOffset, count, out ulong value))
                Unknown();
            else if ((integer.Encoding & BtfIntEncoding.Bool) != 0 && value <= 1)
                _ = _output.Append(value == 1 ? "true" : "false");
            else if (integer.IsSigned)
                _ = _output.Append(SignExtend(value, count).ToString(CultureInfo.InvariantCulture));
            else
                _ = _output.Append(value.ToString(CultureInfo.InvariantCulture));
        }

        private void Enumeration(BtfType type, long bit, uint bitfieldSize)
        {
            uint count = bitfieldSize != 0 ? bitfieldSize : type.Size <= 8 ? type.Size * 8 : 0;
            if (!TryRead(bit, count, out ulong value))
            {
                Unknown();
                return;
            }

            ulong mask = count == 64 ? ulong.MaxValue : (1UL << (int)count) - 1;
            _left -= (int)Math.Min(type.Vlen / 16, (uint)MaxValues);
            foreach (BtfEnumerator enumerator in type.Enumerators)
            {
                if ((enumerator.UnsignedValue & mask) != value)
                    continue;
                string name = enumerator.Name.ToString();
                if (_json)
                    AppendQuoted(_output, name);
                else
                    _ = _output.Append(name);
                return;
            }

            _ = _output.Append(type.KindFlag ? SignExtend(value, count).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture));
        }

        private readonly void Address(long bit, int size)
        {
            if (!TryRead(bit, (uint)size * 8, out ulong value))
            {
                Unknown();
                return;
            }

            string text = "0x" + value.ToString("x", CultureInfo.InvariantCulture);
            _ = _json ? _output.Append('"').Append(text).Append('"') : _output.Append(text);
        }

        private readonly void Float(long bit, uint size)
        {
            if (size is not (4 or 8))
            {
                Hexadecimal(bit, size);
                return;
            }

            if (bit % 8 != 0 || bit + (size * 8L) > Bits)
            {
                Unknown();
                return;
            }

            ReadOnlySpan<byte> bytes = _data.Slice((int)(bit / 8), (int)size);
            double value = size == 4 ? MemoryMarshal.Read<float>(bytes) : MemoryMarshal.Read<double>(bytes);
            string text = size == 4 ? ((float)value).ToString("R", CultureInfo.InvariantCulture) : value.ToString("R", CultureInfo.InvariantCulture);
            bool isNumber = !double.IsNaN(value) && !double.IsInfinity(value);
            _ = _json && !isNumber ? _output.Append('"').Append(text).Append('"') : _output.Append(text);
        }

        /// <summary>A number too wide for numbers.</summary>
        private readonly void Hexadecimal(long bit, uint size)
        {
            if (size == 0 || bit % 8 != 0 || bit + (size * 8L) > Bits)
            {
                Unknown();
                return;
            }

            ReadOnlySpan<byte> bytes = _data.Slice((int)(bit / 8), (int)size);
            var text = new StringBuilder("0x");
            for (int i = 0; i < bytes.Length; i++)
                _ = text.Append(bytes[BitConverter.IsLittleEndian ? bytes.Length - 1 - i : i].ToString("x2", CultureInfo.InvariantCulture));
            _ = _json ? _output.Append('"').Append(text).Append('"') : _output.Append(text);
        }

        private readonly bool TryRead(long bit, uint count, out ulong value)
        {
            value = 0;
            if (count is 0 or > 64 || bit < 0 || bit + count > Bits)
                return false;
            value = BtfBits.Read(_data, bit, (int)count);
            return true;
        }

        private static long SignExtend(ulong value, uint count) => (long)(value << (int)(64 - count)) >> (int)(64 - count);

        private readonly void Unknown() => _ = _output.Append(_json ? "null" : "…");

        private readonly void Begin(char open, int index, BtfString name)
        {
            Begin(open, index);
            if (_json)
            {
                AppendQuoted(_output, name.ToString());
                _ = _output.Append(':');
            }
            else
            {
                _ = _output.Append(name.ToString()).Append(" = ");
            }
        }

        private readonly void Begin(char open, int index)
        {
            if (index == 0)
                _ = _output.Append(open).Append(_json || open == '[' ? string.Empty : " ");
            else
                _ = _output.Append(_json ? "," : ", ");
        }

        private readonly void End(char open, char close, int count) =>
            _ = count == 0 ? _output.Append(open).Append(close) : _output.Append(_json || close == ']' ? string.Empty : " ").Append(close);
    }
}

/// <summary>Bits of a value, as bitfields count them.</summary>
/// <remarks>On little-endian machines from the lowest bit of the first byte, on big-endian ones from the highest.</remarks>
internal static class BtfBits
{
    public static ulong Read(ReadOnlySpan<byte> data, long bit, int count)
    {
        ulong value = 0;
        for (int i = 0; i < count; i++)
        {
            long at = bit + i;
            if (BitConverter.IsLittleEndian)
                value |= (ulong)((data[(int)(at >> 3)] >> (int)(at & 7)) & 1) << i;
            else
                value = (value << 1) | (uint)((data[(int)(at >> 3)] >> (int)(7 - (at & 7))) & 1);
        }

        return value;
    }

    public static void Write(Span<byte> data, long bit, int count, ulong value)
    {
        for (int i = 0; i < count; i++)
        {
            long at = bit + i;
            byte mask = (byte)(1 << (int)(BitConverter.IsLittleEndian ? at & 7 : 7 - (at & 7)));
            ulong one = BitConverter.IsLittleEndian ? (value >> i) & 1 : (value >> (count - 1 - i)) & 1;
            ref byte place = ref data[(int)(at >> 3)];
            place = (byte)(one == 1 ? place | mask : place & ~mask);
        }
    }
}

/// <summary>What types of values are put up with; those of real programs stay far below.</summary>
internal static class BtfValueLimits
{
    public const int MaxModifiers = 64;
    public const int MaxNesting = 32;
    public const int MaxMembers = 1 << 16;
}
