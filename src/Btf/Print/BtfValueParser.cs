using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Btf;

/// <summary>
/// Text as the bytes of a value, by its type: what <see cref="BtfValueFormatter"/> writes, and JSON. Numbers are decimal or hexadecimal (<c>0x</c>), truth
/// values <c>true</c> and <c>false</c>, enumerations names or numbers, arrays of characters texts, with or without quotes where nothing is around them.
/// </summary>
/// <remarks>What is not mentioned of a struct or array keeps its bytes. Pointers are refused: there is nothing that they could point to.</remarks>
public static class BtfValueParser
{
    /// <summary>Writes a value's bytes.</summary>
    /// <param name="type">The type; a section stands for its variables.</param>
    /// <param name="text">The value.</param>
    /// <param name="value">Receives the bytes, as many as the type has, in this machine's order.</param>
    /// <exception cref="FormatException">The text is no value of the type; the message says where and why.</exception>
    public static void Parse(BtfType type, string text, Span<byte> value)
    {
        ArgumentNullException.ThrowIfNull(text);
        BtfType resolved = BtfValueFormatter.Resolve(type);
        bool isBare = text.TrimStart() is not (['"', ..] or ['[', ..]);
        if (isBare && resolved.Kind == BtfKind.Array && BtfValueFormatter.IsCharacter(ElementOf(resolved)))
        {
            WriteText(text, resolved, value, 0);
            return;
        }

        var reading = new Reading(text, value);
        reading.Value(type, 0, 0, 0);
        reading.End();
    }

    private static BtfType ElementOf(BtfType array) => BtfValueFormatter.Resolve(array.Spec[array.Array.ElementTypeId]);

    private static void WriteText(string text, BtfType array, Span<byte> value, long bit)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        long start = bit / 8;
        long length = Math.Min(array.Array.Length, Math.Max(0, value.Length - start));
        if (bytes.Length > length)
            throw new FormatException($"'{text}' has {bytes.Length} bytes, and there is room for {length}.");
        Span<byte> place = value.Slice((int)start, (int)length);
        place.Clear();
        bytes.CopyTo(place);
    }

    private ref struct Reading(string text, Span<byte> data)
    {
        private readonly string _text = text;
        private readonly Span<byte> _data = data;
        private int _at;

        public void End()
        {
            SkipSpace();
            if (_at < _text.Length)
                throw Unexpected("the end");
        }

        public void Value(BtfType declared, long bit, uint bitfieldSize, int depth)
        {
            BtfType type = BtfValueFormatter.Resolve(declared);
            if (depth > BtfValueLimits.MaxNesting)
                throw new FormatException($"{declared} nests too deep.");
            SkipSpace();
            switch (type.Kind)
            {
                case BtfKind.Struct or BtfKind.Union or BtfKind.DataSec:
                    Members(type, bit, depth);
                    break;
                case BtfKind.Array when Peek() == '"' && BtfValueFormatter.IsCharacter(ElementOf(type)):
                    WriteText(Quoted(), type, _data, bit);
                    break;
                case BtfKind.Array:
                    Elements(type, bit, depth);
                    break;
                case BtfKind.Int:
                    BtfInt integer = type.Int;
                    Write(bit + integer.BitOffset, bitfieldSize != 0 ? bitfieldSize : (uint)integer.BitCount, Integer(type, bitfieldSize));
                    break;
                case BtfKind.Enum or BtfKind.Enum64:
                    Write(bit, bitfieldSize != 0 ? bitfieldSize : type.Size * 8, Enumerator(type, bitfieldSize));
                    break;
                case BtfKind.Float when type.Size is 4 or 8:
                    Float(type, bit);
                    break;
                case BtfKind.Ptr:
                    throw new FormatException("it is a pointer, and there is nothing that it could be set to.");
                default:
                    throw new FormatException($"{declared} has no values that can be given as text.");
            }
        }

        private void Members(BtfType type, long bit, int depth)
        {
            Take('{', $"a value of {Describe(type)}, such as {{ member = 1 }}");
            while (!TryTake('}'))
            {
                string name = Peek() == '"' ? Quoted() : Word();
                if (name.Length == 0)
                    throw Unexpected("the name of a member");
                (BtfType of, long place, uint bitfieldSize) = Find(type, name);
                if (!TryTake('=') && !TryTake(':'))
                    throw Unexpected($"= or : after '{name}'");
                try
                {
                    Value(of, bit + place, bitfieldSize, depth + 1);
                }
                catch (FormatException e)
                {
                    throw new FormatException($"{name}: {e.Message}", e);
                }

                if (!TryTake(',') && Peek() != '}')
                    throw Unexpected(", or }");
            }
        }

        private void Elements(BtfType type, long bit, int depth)
        {
            BtfType element = type.Spec[type.Array.ElementTypeId];
            if (BtfSizes.SizeOf(type.Spec, element.Id, out uint size) is not null)
                throw new FormatException($"{element} has no size.");
            Take('[', $"an array of {type.Array.Length} elements, such as [1, 2]");
            for (uint i = 0; !TryTake(']'); i++)
            {
                if (i >= type.Array.Length)
                    throw new FormatException($"there are more than the {type.Array.Length} elements of the array.");
                Value(element, bit + (i * 8L * size), 0, depth + 1);
                if (!TryTake(',') && Peek() != ']')
                    throw Unexpected(", or ]");
            }
        }

        private ulong Integer(BtfType type, uint bitfieldSize)
        {
            BtfInt integer = type.Int;
            uint bits = bitfieldSize != 0 ? bitfieldSize : (uint)integer.BitCount;
            string name = Describe(type);
            if (TryTake('\''))
            {
                char c = _at < _text.Length ? _text[_at++] : throw Unexpected("a character");
                Take('\'', "' behind the character");
                return c < 0x80 ? c : throw new FormatException($"'{c}' is not a single byte.");
            }

            string word = Word();
            if (word is "true" or "false")
                return word == "true" ? 1UL : 0;
            ulong number = Number(word, bits, integer.IsSigned, name);
            return (integer.Encoding & BtfIntEncoding.Bool) == 0 || number <= 1 ? number : throw new FormatException($"'{word}' is neither true nor false.");
        }

        private ulong Enumerator(BtfType type, uint bitfieldSize)
        {
            string word = Peek() == '"' ? Quoted() : Word();
            if (word.Length > 0 && (char.IsDigit(word[0]) || word[0] == '-'))
                return Number(word, bitfieldSize != 0 ? bitfieldSize : type.Size * 8, type.KindFlag, Describe(type));
            List<string> names = [];
            foreach (BtfEnumerator enumerator in type.Enumerators)
            {
                string name = enumerator.Name.ToString();
                if (name == word)
                    return enumerator.UnsignedValue;
                names.Add(name);
            }

            throw new FormatException($"'{word}' is no value of {Describe(type)}; there is {Some(names)}.");
        }

        private void Float(BtfType type, long bit)
        {
            string word = Word();
            if (!double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                throw new FormatException($"'{word}' is no number.");
            Span<byte> place = _data.Slice((int)(bit / 8), (int)type.Size);
            if (type.Size == sizeof(float))
            {
                float single = (float)value;
                MemoryMarshal.Write(place, single);
            }
            else
            {
                MemoryMarshal.Write(place, value);
            }
        }

        private static ulong Number(string word, uint bits, bool isSigned, string type)
        {
            if (bits is 0 or > 64)
                throw new FormatException($"a number of {bits} bits can only be given as bytes.");
            ulong mask = bits == 64 ? ulong.MaxValue : (1UL << (int)bits) - 1;
            ulong highest = isSigned ? mask >> 1 : mask;
            string behindSign = word.TrimStart('-');
            if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            {
                // The bits of a signed number may be given as they are.
                string digits = word.Remove(0, 2);
                if (!ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hexadecimal))
                    throw new FormatException($"'{word}' is no number.");
                return hexadecimal <= mask ? hexadecimal : throw OutOfRange();
            }

            if (behindSign.Length == word.Length - 1 && ulong.TryParse(behindSign, NumberStyles.None, CultureInfo.InvariantCulture, out ulong magnitude))
                return magnitude == 0 || (isSigned && magnitude <= highest + 1) ? (0 - magnitude) & mask : throw OutOfRange();
            if (ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
                return number <= highest ? number : throw OutOfRange();
            bool isWide = behindSign.Length > 0 && behindSign.All(char.IsDigit);
            throw isWide ? OutOfRange() : new FormatException($"'{word}' is no number.");

            FormatException OutOfRange() => new(
                isSigned ? $"{word} is not within {type}, which goes from -{highest + 1} to {highest}." : $"{word} is not within {type}, which goes from 0 to {highest}.");
        }

        private static (BtfType Type, long Bit, uint BitfieldSize) Find(BtfType type, string name)
        {
            List<string> names = [];
            if (type.Kind == BtfKind.DataSec)
            {
                foreach (BtfSectionVariable variable in type.SectionVariables)
                {
                    BtfType of = type.Spec[variable.TypeId];
                    names.Add(of.Name.ToString());
                    if (names[names.Count - 1] == name)
                        return (of, variable.Offset * 8L, 0);
                }
            }
            else
            {
                foreach (BtfMember member in BtfNamedMembers.Of(type, BtfValueLimits.MaxMembers))
                {
                    names.Add(member.Name.ToString());
                    if (names[names.Count - 1] == name)
                        return (type.Spec[member.TypeId], member.BitOffset, member.BitfieldSize);
                }
            }

            throw new FormatException($"{Describe(type)} has no member '{name}'; it has {Some(names)}.");
        }

        private readonly void Write(long bit, uint count, ulong value)
        {
            if (count is 0 or > 64 || bit < 0 || bit + count > _data.Length * 8L)
                throw new FormatException($"it lies outside the {_data.Length} bytes of the value.");
            BtfBits.Write(_data, bit, (int)count, value);
        }

        /// <summary>Letters, digits and what else numbers and names are made of.</summary>
        private string Word()
        {
            SkipSpace();
            int start = _at;
            while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '-' or '+' or '.' or '$'))
                _at++;
            return _text.Substring(start, _at - start);
        }

        private string Quoted()
        {
            Take('"', "a text in quotes");
            var result = new StringBuilder();
            while (_at < _text.Length)
            {
                char c = _text[_at++];
                if (c == '"')
                    return result.ToString();
                _ = result.Append(c == '\\' ? Escaped() : c);
            }

            throw Unexpected("\"");
        }

        private char Escaped()
        {
            char c = _at < _text.Length ? _text[_at++] : throw Unexpected("a character");
            switch (c)
            {
                case 'n':
                    return '\n';
                case 't':
                    return '\t';
                case 'r':
                    return '\r';
                case 'b':
                    return '\b';
                case 'f':
                    return '\f';
                case '0':
                    return '\0';
                case 'u' when _at + 4 <= _text.Length && ushort.TryParse(Next(4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit):
                    _at += 4;
                    return (char)unit;
                case '"' or '\\' or '/':
                    return c;
                default:
                    throw new FormatException($"\\{c} stands for nothing.");
            }
        }

        private readonly string Next(int count) => _text.Substring(_at, count);

        private char Peek()
        {
            SkipSpace();
            return _at < _text.Length ? _text[_at] : '\0';
        }

        private bool TryTake(char c)
        {
            if (Peek() != c)
                return false;
            _at++;
            return true;
        }

        private void Take(char c, string what)
        {
            if (!TryTake(c))
                throw Unexpected(what);
        }

        private void SkipSpace()
        {
            while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
                _at++;
        }

        private readonly FormatException Unexpected(string expected) => new(
            _at >= _text.Length ? $"the text ends where there should be {expected}." : $"at character {_at + 1} there is '{_text[_at]}' where there should be {expected}.");

        private static string Describe(BtfType type) => type.Name.IsEmpty ? $"this {BtfKindNames.Keyword(type)}"
            : type.Kind is BtfKind.Int or BtfKind.DataSec ? type.Name.ToString() : $"{BtfKindNames.Keyword(type)} {type.Name}";

        private static string Some(List<string> names)
        {
            const int Most = 20;
            return names.Count == 0 ? "none" : string.Join(", ", names.Take(Most)) + (names.Count > Most ? ", …" : string.Empty);
        }
    }
}
