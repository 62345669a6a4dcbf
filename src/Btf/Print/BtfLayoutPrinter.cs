namespace P3Ebpf.Btf;

/// <summary>Prints a type for a reader who wants to know where things lie: offsets, sizes, holes, bitfields, cache lines.</summary>
public static class BtfLayoutPrinter
{
    /// <summary>
    /// Prints the layout of a struct or union, or the declaration of any other type with its size and alignment. A typedef of a struct or
    /// union is followed by the layout of what it stands for.
    /// </summary>
    /// <param name="type">The type.</param>
    /// <param name="output">Where the text goes, in UTF-8; left open.</param>
    /// <exception cref="BtfFormatException">The type contains itself.</exception>
    public static void Write(BtfType type, Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var text = new Utf8Writer();
        new Page(type.Spec, text).Add(type);
        text.CopyTo(output);
    }

    /// <inheritdoc cref="Write"/>
    public static string ToText(BtfType type)
    {
        var text = new Utf8Writer();
        new Page(type.Spec, text).Add(type);
        return text.ToString();
    }

    /// <summary>The lines that <see cref="Write"/> writes. In one that has a line feed, it is part of a name.</summary>
    /// <exception cref="BtfFormatException">The type contains itself.</exception>
    public static IReadOnlyList<string> ToLines(BtfType type)
    {
        var text = new Utf8Writer();
        var page = new Page(type.Spec, text);
        page.Add(type);
        var lines = new string[page.LineEnds.Count];
        for (int i = 0, start = 0; i < lines.Length; start = page.LineEnds[i++] + 1)
            lines[i] = Utf8Text.Of(text.Written.Slice(start, page.LineEnds[i] - start));
        return lines;
    }

    private static void WriteAmount(Utf8Writer output, ulong count, ReadOnlySpan<byte> unit)
    {
        output.Write(count);
        output.Write((byte)' ');
        output.Write(unit);
        if (count != 1)
            output.Write((byte)'s');
    }

    /// <summary>Writes lines where they are to stand, so that they cost little more memory than they are long.</summary>
    private sealed class Page(BtfSpec spec, Utf8Writer output)
    {
        private const int Indent = 4;
        private const int MaxColumn = 56;

        /// <summary>Members of hostile types could have names without end.</summary>
        private const int MaxLength = 1 << 26;

        private readonly Line _line = new(spec);

        /// <summary>Where each line ends that was written so far: the place of its line feed.</summary>
        public List<int> LineEnds { get; } = [];

        public void Add(BtfType type)
        {
            if (!type.IsComposite)
                AddDeclaration(type);
            BtfType composite = type.IsModifierOrTypedef ? spec.ResolveModifiers(type.Id) : type;
            if (composite.IsComposite)
                AddLayout(new BtfStructLayout(composite));
        }

        private void AddDeclaration(BtfType type)
        {
            if (type.IsAnyEnum)
                AddEnum(type);
            else if (type.Kind == BtfKind.Typedef)
                output.Write(_line.Typedef(type));
            else
                output.Write(_line.Declaration(type));

            if (spec.TryGetSize(type.Id, out uint size))
            {
                output.Write(" /* "u8);
                WriteAmount(output, size, "byte"u8);
                output.Write(", aligned to "u8);
                output.Write(spec.AlignmentOf(type.Id));
                output.Write(" */"u8);
            }

            EndLine();
        }

        /// <summary>An enumeration as C declares it, which respells the names that C cannot spell. Its last line stays open.</summary>
        private void AddEnum(BtfType type)
        {
            var body = new Utf8Writer();
            new BtfCDeclarations(spec, body).Declare(type);
            ReadOnlySpan<byte> rest = body.Written;
            while (!rest.IsEmpty && rest[rest.Length - 1] == '\n')
                rest = rest.Slice(0, rest.Length - 1);
            for (int end = rest.IndexOf((byte)'\n'); end >= 0; end = rest.IndexOf((byte)'\n'))
            {
                output.Write(rest.Slice(0, end));
                EndLine();
                rest = rest.Slice(end + 1);
            }

            output.Write(rest);
        }

        private void AddLayout(BtfStructLayout layout)
        {
            int column = Math.Min(MaxColumn, WidestOf(layout));
            output.Write(_line.Opening(layout.Type));
            EndLine();
            foreach (BtfLayoutEntry entry in layout.Entries)
            {
                output.WriteSpaces(Indent * (entry.Depth + 1));
                ReadOnlySpan<byte> declaration = _line.Of(entry);
                output.Write(declaration);
                if (HasPlace(entry))
                {
                    output.WriteSpaces(column - (Indent * entry.Depth) - Width(declaration));
                    WritePlace(entry);
                }

                EndLine();
            }

            AddTotals(layout);
            output.Write("};"u8);
            EndLine();
        }

        /// <summary>Characters of the longest line, without the comments that say where things are. Refuses text without end before any is written.</summary>
        private int WidestOf(BtfStructLayout layout)
        {
            int widest = 0;
            long length = 0;
            foreach (BtfLayoutEntry entry in layout.Entries)
            {
                ReadOnlySpan<byte> declaration = _line.Of(entry);
                widest = Math.Max(widest, (Indent * entry.Depth) + Width(declaration));
                length += (Indent * entry.Depth) + declaration.Length;
                if (length > MaxLength)
                    throw new BtfFormatException(BtfErrorCode.TooDeep, $"{layout.Type} is too long to be written", typeId: layout.Type.Id, source: spec.Source);
            }

            return widest;
        }

        /// <summary>Characters of a text in UTF-8.</summary>
        private static int Width(ReadOnlySpan<byte> text)
        {
            int width = 0;
            foreach (byte value in text)
                width += (value & 0xC0) == 0x80 ? 0 : 1;
            return width;
        }

        private void AddTotals(BtfStructLayout layout)
        {
            if (layout.Entries.Count != 0)
                EndLine();
            output.Write("    /* "u8);
            WriteAmount(output, layout.Size, "byte"u8);
            output.Write(" in "u8);
            WriteAmount(output, (ulong)layout.CacheLineCount, "cache line"u8);
            if (layout.LastCacheLineBytes != 0)
            {
                output.Write(", "u8);
                output.Write(layout.LastCacheLineBytes);
                output.Write(" bytes of the last"u8);
            }

            output.Write("; aligned to "u8);
            output.Write(layout.Alignment);
            EndComment();

            output.Write("    /* "u8);
            WriteAmount(output, (ulong)layout.MemberCount, "member"u8);
            output.Write(" of "u8);
            WriteAmount(output, layout.MemberBytes, "byte"u8);
            if (layout.BitfieldBits != 0)
            {
                output.Write(" and bitfields of "u8);
                WriteAmount(output, layout.BitfieldBits, "bit"u8);
            }

            EndComment();
            AddHoles(layout.HoleCount, layout.HoleBytes, "byte"u8);
            AddHoles(layout.BitHoleCount, layout.BitHoleBits, "bit"u8);
            AddPadding(layout.PaddingBytes, "byte"u8);
            AddPadding(layout.PaddingBits, "bit"u8);
        }

        private void AddHoles(int count, ulong amount, ReadOnlySpan<byte> unit)
        {
            if (count == 0)
                return;
            output.Write("    /* "u8);
            WriteAmount(output, (ulong)count, "hole"u8);
            output.Write(" of "u8);
            WriteAmount(output, amount, unit);
            output.Write(" in all"u8);
            EndComment();
        }

        private void AddPadding(ulong amount, ReadOnlySpan<byte> unit)
        {
            if (amount == 0)
                return;
            output.Write("    /* padding of "u8);
            WriteAmount(output, amount, unit);
            EndComment();
        }

        private static bool HasPlace(BtfLayoutEntry entry) => entry.Kind is BtfLayoutEntryKind.Member or BtfLayoutEntryKind.Close;

        /// <summary>Offset and size; of a bitfield, the byte and bit where it begins, and its bits.</summary>
        private void WritePlace(BtfLayoutEntry entry)
        {
            const int Digits = 5;
            output.Write(" /* "u8);
            output.WriteRight(entry.BitOffset / 8, Digits);
            if (entry.Kind == BtfLayoutEntryKind.Member && entry.Member.BitfieldSize != 0)
            {
                output.Write((byte)':');
                output.Write(entry.BitOffset % 8);
                output.Write((byte)' ');
                output.WriteRight(entry.BitLength, Digits);
                output.Write(entry.BitLength == 1 ? " bit */"u8 : " bits */"u8);
                return;
            }

            output.Write("   "u8);
            output.WriteRight(entry.BitLength / 8, Digits);
            output.Write(" */"u8);
        }

        private void EndComment()
        {
            output.Write(" */"u8);
            EndLine();
        }

        private void EndLine()
        {
            LineEnds.Add((int)output.Length);
            output.Write((byte)'\n');
        }
    }

    /// <summary>What stands in a line before the comment that says where it is. The next one takes the place of the last.</summary>
    private sealed class Line(BtfSpec spec) : BtfTypeNames.Writer(spec, new Utf8Writer(), BtfTypeNames.MaxLength)
    {
        public ReadOnlySpan<byte> Declaration(BtfType type)
        {
            Begin();
            bool isNamed = type.Kind is BtfKind.Func or BtfKind.Var;
            WriteDeclaration(isNamed ? type.TargetId : type.Id, isNamed ? type.Name : default, indent: 0);
            return End(";"u8);
        }

        public ReadOnlySpan<byte> Typedef(BtfType type)
        {
            Begin();
            Output.Write("typedef "u8);
            WriteDeclaration(type.TargetId, type.Name, indent: 0);
            return End(";"u8);
        }

        public ReadOnlySpan<byte> Opening(BtfType type)
        {
            Begin();
            Output.Write(BtfCNames.Keyword(type));
            if (!type.Name.IsEmpty)
            {
                Output.Write((byte)' ');
                Output.Write(type.Name);
            }

            return End(" {"u8);
        }

        public ReadOnlySpan<byte> Of(BtfLayoutEntry entry) => entry.Kind switch
        {
            BtfLayoutEntryKind.Member => Member(entry.Member),
            BtfLayoutEntryKind.Open => Opening(Spec.ResolveModifiers(entry.Member.TypeId)),
            BtfLayoutEntryKind.Close => Closing(entry.Member.Name),
            BtfLayoutEntryKind.Hole => Gap("/* hole of "u8, entry.BitLength / 8, "byte"u8),
            BtfLayoutEntryKind.BitHole => Gap("/* hole of "u8, entry.BitLength, "bit"u8),
            BtfLayoutEntryKind.Padding => Gap("/* padding of "u8, entry.BitLength / 8, "byte"u8),
            BtfLayoutEntryKind.BitPadding => Gap("/* padding of "u8, entry.BitLength, "bit"u8),
            _ => CacheLine(entry),
        };

        private ReadOnlySpan<byte> Member(BtfMember member)
        {
            Begin();
            WriteDeclaration(member.TypeId, member.Name, indent: 0);
            if (member.BitfieldSize != 0)
            {
                Output.Write(": "u8);
                Output.Write((ulong)member.BitfieldSize);
            }

            return End(";"u8);
        }

        private ReadOnlySpan<byte> Closing(BtfString name)
        {
            Begin();
            Output.Write((byte)'}');
            if (!name.IsEmpty)
            {
                Output.Write((byte)' ');
                Output.Write(name);
            }

            return End(";"u8);
        }

        private ReadOnlySpan<byte> Gap(ReadOnlySpan<byte> what, ulong amount, ReadOnlySpan<byte> unit)
        {
            Begin();
            Output.Write(what);
            WriteAmount(Output, amount, unit);
            return End(" */"u8);
        }

        private ReadOnlySpan<byte> CacheLine(BtfLayoutEntry entry)
        {
            Begin();
            Output.Write("/* ---- cache line "u8);
            Output.Write(entry.BitOffset / 8 / BtfStructLayout.CacheLineSize);
            Output.Write(": byte "u8);
            Output.Write(entry.BitOffset / 8);
            if (entry.BitLength >= 8)
            {
                Output.Write(", "u8);
                WriteAmount(Output, entry.BitLength / 8, "byte"u8);
                Output.Write(" ago"u8);
            }

            return End(" ---- */"u8);
        }

        private void Begin() => Restart(BtfTypeNames.MaxLength);

        private ReadOnlySpan<byte> End(ReadOnlySpan<byte> end)
        {
            Output.Write(end);
            return Output.Written;
        }
    }
}
