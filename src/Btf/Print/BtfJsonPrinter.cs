namespace P3Ebpf.Btf;

/// <summary>
/// Prints types the way <c>bpftool -j btf dump file FILE</c> does, byte for byte: one line, <c>{"types":[…]}</c>.
/// </summary>
/// <remarks>
/// Two habits of bpftool show. A value of an unsigned 32-bit enumeration that is 2^31 or more appears sign-extended to 64 bits, and
/// is kept so for the scripts that expect it. A backslash in a name becomes <c>\n</c> there; here it is escaped as JSON has it, like
/// the control characters that bpftool lets through.
/// </remarks>
public static class BtfJsonPrinter
{
    /// <summary>Prints types as JSON in UTF-8.</summary>
    /// <param name="spec">The BTF.</param>
    /// <param name="output">Where the text goes; left open.</param>
    /// <param name="ids">Which types, in this order; all of the BTF's own (not of its base) where left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id does not exist.</exception>
    public static void Write(BtfSpec spec, Stream output, IEnumerable<BtfTypeId>? ids = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(output);
        var writer = new Utf8Writer(output);
        var sink = new Sink(writer);
        writer.Write("{\"types\":["u8);
        BtfFields.PresentAll(spec, ids, ref sink);
        writer.Write("]}\n"u8);
        writer.Flush();
    }

    private struct Sink(Utf8Writer writer) : IBtfFieldSink
    {
        private bool _needsComma;

        public void BeginType(BtfType type)
        {
            Open((byte)'{');
            Number("id"u8, type.Id.Value);
            Key("kind"u8);
            Text(BtfKindNames.Tag(type.Kind));
            Name(type.Name);
        }

        public void EndType() => Close((byte)'}');

        public void Number(ReadOnlySpan<byte> key, long value)
        {
            Key(key);
            writer.Write(value);
        }

        public void Word(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            Key(key);
            writer.Write((byte)'"');
            writer.Write(value);
            writer.Write((byte)'"');
        }

        public void BeginList(ReadOnlySpan<byte> key)
        {
            Key(key);
            writer.Write((byte)'[');
            _needsComma = false;
        }

        public void EndList() => Close((byte)']');

        public void BeginItem(BtfString name)
        {
            Open((byte)'{');
            Name(name);
        }

        public void BeginItem() => Open((byte)'{');

        public void EndItem() => Close((byte)'}');

        public void EnumeratorValue(BtfEnumerator enumerator)
        {
            Key("val"u8);
            if (enumerator.IsSigned)
                writer.Write(enumerator.Bits);
            else
                writer.Write((ulong)enumerator.Bits);
        }

        // bpftool names the variable in its text only.
        public readonly void SectionItemType(BtfType type)
        {
        }

        private void Name(BtfString name)
        {
            Key("name"u8);
            writer.Write((byte)'"');
            if (name.IsEmpty)
                writer.Write("(anon)"u8);
            else
                Escaped(name.Bytes);
            writer.Write((byte)'"');
        }

        private void Key(ReadOnlySpan<byte> key)
        {
            Separate();
            writer.Write((byte)'"');
            writer.Write(key);
            writer.Write("\":"u8);
            _needsComma = true;
        }

        private void Open(byte bracket)
        {
            Separate();
            writer.Write(bracket);
            _needsComma = false;
        }

        private void Close(byte bracket)
        {
            writer.Write(bracket);
            _needsComma = true;
        }

        private readonly void Separate()
        {
            if (_needsComma)
                writer.Write((byte)',');
        }

        private readonly void Text(string ascii)
        {
            writer.Write((byte)'"');
            foreach (char letter in ascii)
                writer.Write((byte)letter);
            writer.Write((byte)'"');
        }

        private readonly void Escaped(ReadOnlySpan<byte> text)
        {
            int plain = 0;
            for (int i = 0; i < text.Length; i++)
            {
                byte value = text[i];
                if (value >= (byte)' ' && value != (byte)'"' && value != (byte)'\\')
                    continue;
                writer.Write(text.Slice(plain, i - plain));
                Escape(value);
                plain = i + 1;
            }

            writer.Write(text.Slice(plain));
        }

        private readonly void Escape(byte value)
        {
            writer.Write((byte)'\\');
            switch (value)
            {
                case (byte)'\t':
                    writer.Write((byte)'t');
                    break;
                case (byte)'\n':
                    writer.Write((byte)'n');
                    break;
                case (byte)'\r':
                    writer.Write((byte)'r');
                    break;
                case (byte)'\f':
                    writer.Write((byte)'f');
                    break;
                case (byte)'\b':
                    writer.Write((byte)'b');
                    break;
                case < (byte)' ':
                    writer.Write("u00"u8);
                    writer.Write((byte)('0' + (value >> 4)));
                    writer.Write((byte)"0123456789abcdef"[value & 0xF]);
                    break;
                default:
                    writer.Write(value);
                    break;
            }
        }
    }
}
