namespace P3Ebpf.Btf;

/// <summary>
/// Prints types the way <c>bpftool btf dump file FILE format raw</c> does, byte for byte: one type a line, and a line with a tab
/// for each member, value, parameter or variable. A control character in a name, which no BTF that the kernel takes has, is escaped.
/// </summary>
public static class BtfRawPrinter
{
    /// <summary>Prints types as text in UTF-8.</summary>
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
        BtfFields.PresentAll(spec, ids, ref sink);
        writer.Flush();
    }

    private struct Sink(Utf8Writer writer) : IBtfFieldSink
    {
        private static readonly byte[][] Tags = MakeTags();
        private BtfKind _kind;
        private bool _startsItem;

        public void BeginType(BtfType type)
        {
            _kind = type.Kind;
            writer.Write((byte)'[');
            writer.Write((ulong)type.Id.Value);
            writer.Write("] "u8);
            writer.Write(Tags[(int)_kind]);
            Quoted(type.Name);
        }

        public readonly void EndType() => writer.Write((byte)'\n');

        public void Number(ReadOnlySpan<byte> key, long value)
        {
            Key(key);
            writer.Write(value);
        }

        public void Word(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            // bpftool puts a comma here, and nowhere else.
            if (_kind == BtfKind.Var)
                writer.Write((byte)',');
            Key(key);
            writer.Write(value);
        }

        public readonly void BeginList(ReadOnlySpan<byte> key)
        {
        }

        public readonly void EndList()
        {
        }

        public readonly void BeginItem(BtfString name)
        {
            writer.Write("\n\t"u8);
            Name(name);
        }

        public void BeginItem()
        {
            writer.Write("\n\t"u8);
            _startsItem = true;
        }

        public readonly void EndItem()
        {
        }

        public void EnumeratorValue(BtfEnumerator enumerator)
        {
            Key("val"u8);
            if (enumerator.Is64Bit && !enumerator.IsSigned)
                writer.Write(enumerator.UnsignedValue);
            else
                writer.Write(enumerator.SignedValue);
            if (enumerator.Is64Bit)
                writer.Write(enumerator.IsSigned ? "LL"u8 : "ULL"u8);
        }

        public readonly void SectionItemType(BtfType type)
        {
            writer.Write(" ("u8);
            writer.Write(Tags[(int)type.Kind]);
            Quoted(type.Name);
            writer.Write((byte)')');
        }

        private void Key(ReadOnlySpan<byte> key)
        {
            if (!_startsItem)
                writer.Write((byte)' ');
            _startsItem = false;
            writer.Write(key);
            writer.Write((byte)'=');
        }

        private readonly void Quoted(BtfString name)
        {
            writer.Write((byte)' ');
            Name(name);
        }

        private readonly void Name(BtfString name)
        {
            writer.Write((byte)'\'');
            if (name.IsEmpty)
                writer.Write("(anon)"u8);
            else
                writer.WriteOneLine(name);
            writer.Write((byte)'\'');
        }

        private static byte[][] MakeTags()
        {
            var tags = new byte[128][];
            for (int kind = 0; kind < tags.Length; kind++)
                tags[kind] = System.Text.Encoding.ASCII.GetBytes(BtfKindNames.Tag((BtfKind)kind));
            return tags;
        }
    }
}
