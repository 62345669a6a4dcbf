using System.Globalization;
using System.Text;

namespace P3Ebpf.Btf;

/// <summary>Prints a type for a reader who wants to know where things lie: offsets, sizes, holes, bitfields, cache lines.</summary>
public static class BtfLayoutPrinter
{
    private const int MaxColumn = 56;

    /// <summary>Members of hostile types could have names without end.</summary>
    private const int MaxLength = 1 << 26;

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
        byte[] text = Encoding.UTF8.GetBytes(ToText(type));
        output.Write(text, 0, text.Length);
    }

    /// <inheritdoc cref="Write"/>
    public static string ToText(BtfType type) => string.Concat(ToLines(type).Select(line => line + "\n"));

    /// <summary>The lines that <see cref="Write"/> writes. In one that has a line feed, it is part of a name.</summary>
    /// <exception cref="BtfFormatException">The type contains itself.</exception>
    public static IReadOnlyList<string> ToLines(BtfType type)
    {
        List<string> lines = [];
        if (!type.IsComposite)
            AddDeclaration(lines, type);
        BtfType composite = type.IsModifierOrTypedef ? type.Spec.ResolveModifiers(type.Id) : type;
        if (composite.IsComposite)
            AddLayout(lines, new BtfStructLayout(composite));
        return lines;
    }

    private static void AddDeclaration(List<string> lines, BtfType type)
    {
        if (type.IsAnyEnum)
        {
            // Names that C cannot spell are respelled here.
            var body = new Utf8Writer();
            new BtfCDeclarations(type.Spec, body).Declare(type);
            lines.AddRange(body.ToString().TrimEnd('\n').Split('\n'));
        }
        else if (type.Kind == BtfKind.Typedef)
        {
            lines.Add("typedef " + BtfTypeNames.Declaration(type.Spec, type.TargetId, type.Name) + ";");
        }
        else
        {
            lines.Add(BtfTypeNames.TypeName(type.Spec, type.Id) + ";");
        }

        if (type.Spec.TryGetSize(type.Id, out uint size))
            lines[lines.Count - 1] += Invariant($" /* {Amount(size, "byte")}, aligned to {type.Spec.AlignmentOf(type.Id)} */");
    }

    private static void AddLayout(List<string> lines, BtfStructLayout layout)
    {
        BtfType type = layout.Type;
        string[] declarations = Declarations(layout);
        int column = Math.Min(MaxColumn, declarations.Max(line => (int?)line.Length) ?? 0);

        lines.Add(Opening(type));
        for (int i = 0; i < declarations.Length; i++)
        {
            string place = Place(layout.Entries[i]);
            lines.Add("    " + (place.Length == 0 ? declarations[i] : declarations[i].PadRight(column) + " " + place));
        }

        AddTotals(lines, layout);
        lines.Add("};");
    }

    private static void AddTotals(List<string> lines, BtfStructLayout layout)
    {
        if (layout.Entries.Count != 0)
            lines.Add(string.Empty);
        string last = layout.LastCacheLineBytes == 0 ? string.Empty : Invariant($", {layout.LastCacheLineBytes} bytes of the last");
        Comment(lines, $"{Amount(layout.Size, "byte")} in {Amount((ulong)layout.CacheLineCount, "cache line")}{last}; aligned to {layout.Alignment}");
        Comment(lines, $"{Amount((ulong)layout.MemberCount, "member")} of {Amount(layout.MemberBytes, "byte")}{Bitfields(layout)}");
        if (layout.HoleCount != 0)
            Comment(lines, $"{Amount((ulong)layout.HoleCount, "hole")} of {Amount(layout.HoleBytes, "byte")} in all");
        if (layout.BitHoleCount != 0)
            Comment(lines, $"{Amount((ulong)layout.BitHoleCount, "hole")} of {Amount(layout.BitHoleBits, "bit")} in all");
        if (layout.PaddingBytes != 0)
            Comment(lines, $"padding of {Amount(layout.PaddingBytes, "byte")}");
        if (layout.PaddingBits != 0)
            Comment(lines, $"padding of {Amount(layout.PaddingBits, "bit")}");
    }

    private static string Bitfields(BtfStructLayout layout) =>
        layout.BitfieldBits == 0 ? string.Empty : " and bitfields of " + Amount(layout.BitfieldBits, "bit");

    private static void Comment(List<string> lines, string comment) => lines.Add("    /* " + comment + " */");

    private static string[] Declarations(BtfStructLayout layout)
    {
        var declarations = new string[layout.Entries.Count];
        long length = 0;
        for (int i = 0; i < declarations.Length; i++)
        {
            declarations[i] = Declaration(layout.Type.Spec, layout.Entries[i]);
            length += declarations[i].Length;
            if (length > MaxLength)
                throw new BtfFormatException(BtfErrorCode.TooDeep, $"{layout.Type} is too long to be written", typeId: layout.Type.Id, source: layout.Type.Spec.Source);
        }

        return declarations;
    }

    private static string Declaration(BtfSpec spec, BtfLayoutEntry entry)
    {
        string indent = new(' ', 4 * entry.Depth);
        return indent + entry.Kind switch
        {
            BtfLayoutEntryKind.Member => Member(spec, entry.Member),
            BtfLayoutEntryKind.Open => Opening(spec.ResolveModifiers(entry.Member.TypeId)),
            BtfLayoutEntryKind.Close => entry.Member.Name.IsEmpty ? "};" : "} " + entry.Member.Name + ";",
            BtfLayoutEntryKind.Hole => $"/* hole of {Amount(entry.BitLength / 8, "byte")} */",
            BtfLayoutEntryKind.BitHole => $"/* hole of {Amount(entry.BitLength, "bit")} */",
            BtfLayoutEntryKind.Padding => $"/* padding of {Amount(entry.BitLength / 8, "byte")} */",
            BtfLayoutEntryKind.BitPadding => $"/* padding of {Amount(entry.BitLength, "bit")} */",
            _ => CacheLine(entry),
        };
    }

    private static string Member(BtfSpec spec, BtfMember member)
    {
        string declaration = BtfTypeNames.Declaration(spec, member.TypeId, member.Name);
        return member.BitfieldSize == 0 ? declaration + ";" : Invariant($"{declaration}: {member.BitfieldSize};");
    }

    private static string Opening(BtfType type) => BtfKindNames.Keyword(type) + (type.Name.IsEmpty ? " {" : $" {type.Name} {{");

    private static string CacheLine(BtfLayoutEntry entry)
    {
        string ago = entry.BitLength < 8 ? string.Empty : Invariant($", {Amount(entry.BitLength / 8, "byte")} ago");
        return Invariant($"/* ---- cache line {entry.BitOffset / 8 / BtfStructLayout.CacheLineSize}: byte {entry.BitOffset / 8}{ago} ---- */");
    }

    /// <summary>Offset and size; of a bitfield, the byte and bit where it begins, and its bits.</summary>
    private static string Place(BtfLayoutEntry entry) => entry.Kind switch
    {
        BtfLayoutEntryKind.Member when entry.Member.BitfieldSize != 0 =>
            Invariant($"/* {entry.BitOffset / 8,5}:{entry.BitOffset % 8} {entry.BitLength,5} {(entry.BitLength == 1 ? "bit" : "bits")} */"),
        BtfLayoutEntryKind.Member or BtfLayoutEntryKind.Close => Invariant($"/* {entry.BitOffset / 8,5}   {entry.BitLength / 8,5} */"),
        _ => string.Empty,
    };

    private static string Amount(ulong count, string unit) => Invariant($"{count} {unit}{(count == 1 ? string.Empty : "s")}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
