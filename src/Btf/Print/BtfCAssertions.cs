using System.Text;

namespace P3Ebpf.Btf;

/// <summary>
/// Prints C that proves the declarations of <see cref="BtfCPrinter"/>: a <c>_Static_assert</c> for the size of each struct and union,
/// and for the offset of each member that is no bitfield.
/// </summary>
public static class BtfCAssertions
{
    /// <summary>Prints the assertions; they belong after the declarations, in the same file or after including it.</summary>
    /// <param name="spec">The BTF.</param>
    /// <param name="output">Where the text goes, in UTF-8; left open.</param>
    /// <param name="ids">The ids that were given to <see cref="BtfCPrinter.Write"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id does not exist.</exception>
    /// <exception cref="BtfFormatException">A type contains itself.</exception>
    public static void Write(BtfSpec spec, Stream output, IEnumerable<BtfTypeId>? ids = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(output);
        var writer = new Utf8Writer(output);

        // The same pass that prints the declarations gives the same names.
        var declarations = new BtfCDeclarations(spec, new Utf8Writer(Stream.Null))
        {
            Defined = (type, name) => AssertLayout(writer, type, name),
        };
        BtfCPrinter.DeclareAll(spec, declarations, ids);
        writer.Flush();
    }

    private static void AssertLayout(Utf8Writer writer, BtfType type, string name)
    {
        byte[] cName = Encoding.UTF8.GetBytes(name);
        writer.Write("_Static_assert(sizeof("u8);
        writer.Write(cName);
        writer.Write(") == "u8);
        writer.Write((ulong)type.Size);
        writer.Write(", \"size of "u8);
        writer.Write(cName);
        writer.Write("\");\n"u8);
        foreach (BtfMember member in BtfNamedMembers.Of(type, BtfMemberOrder.Printable))
        {
            if (member.BitfieldSize != 0)
                continue;
            writer.Write("_Static_assert(__builtin_offsetof("u8);
            writer.Write(cName);
            writer.Write(", "u8);
            writer.Write(BtfCNames.Identifier(member.Name));
            writer.Write(") == "u8);
            writer.Write(member.BitOffset / 8UL);
            writer.Write(", \"offset of "u8);
            writer.Write(BtfCNames.Identifier(member.Name));
            writer.Write(" in "u8);
            writer.Write(cName);
            writer.Write("\");\n"u8);
        }
    }
}
