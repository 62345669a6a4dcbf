namespace P3Ebpf.Btf;

/// <summary>
/// Writes types as C has them, with the bodies of structs, unions and enumerations, and fills gaps so that everything comes to lie where
/// the BTF says.
/// </summary>
internal sealed class BtfCTypeWriter(BtfSpec spec, Utf8Writer output, BtfCNames names) : BtfDeclaratorWriter(spec, output, MaxLength(spec))
{
    /// <summary>Longer gaps become one array of bytes instead of a line per word.</summary>
    private const int MaxPaddingLines = 64;

    private readonly BtfCAlignments _alignments = new(spec);
    private readonly BtfCScalars _scalars = new(spec.PointerSize);
    private int _paddings;

    /// <summary>Ends a declaration at the top of the file.</summary>
    public void EndDeclaration()
    {
        Output.Write(";\n\n"u8);
        _paddings = 0;
    }

    /// <summary>Writes the name that a struct, union or enumeration has in the file, after its keyword.</summary>
    public void WriteTagName(BtfType type)
    {
        Output.Write((byte)' ');
        Output.Write(names.TagOf(type).Name);
    }

    /// <summary>Writes what an enumeration has after its name.</summary>
    public void WriteEnumBody(BtfType type, int indent)
    {
        Output.Write(" {\n"u8);
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            Enter(type.Id);
            Output.WriteTabs(indent + 1);
            Output.Write(names.Claim(enumerator.Name));
            Output.Write(" = "u8);
            WriteValue(enumerator);
            Output.Write(",\n"u8);
            Leave();
        }

        Output.WriteTabs(indent);
        Output.Write((byte)'}');

        // Whatever the values would make of it; a compiler's own choice is 4 bytes.
        Output.Write(type.Size switch
        {
            1 => " __attribute__((mode(byte)))"u8,
            2 => " __attribute__((mode(HI)))"u8,
            8 => " __attribute__((mode(DI)))"u8,
            _ => default,
        });
    }

    private void WriteValue(BtfEnumerator enumerator)
    {
        if (enumerator is { IsSigned: true, SignedValue: long.MinValue })
        {
            // C has no negative literals.
            Output.Write("(-9223372036854775807LL - 1)"u8);
            return;
        }

        if (enumerator.Is64Bit && !enumerator.IsSigned)
            Output.Write(enumerator.UnsignedValue);
        else
            Output.Write(enumerator.SignedValue);
        if (enumerator.Is64Bit)
            Output.Write(enumerator.IsSigned ? "LL"u8 : "ULL"u8);
    }

    /// <summary>Writes what a struct or union has after its name.</summary>
    public void WriteBody(BtfType type, int indent)
    {
        BtfCAlignments.Alignment alignment = _alignments.Of(type.Id);
        Output.Write(" {"u8);
        if (type.Vlen != 0 || type.Size != 0)
        {
            Output.Write((byte)'\n');
            if (type.Kind == BtfKind.Struct)
                WriteStructMembers(type, alignment, indent + 1);
            else
                WriteUnionMembers(type, alignment, indent + 1);
            Output.WriteTabs(indent);
        }

        Output.Write((byte)'}');
        if (alignment.IsPacked)
            Output.Write(" __attribute__((packed))"u8);
    }

    private void WriteStructMembers(BtfType type, BtfCAlignments.Alignment alignment, int indent)
    {
        ulong at = 0;
        foreach (BtfMember member in BtfMemberOrder.ByOffset(type))
        {
            if (!BtfMemberOrder.Fits(member, at, type))
            {
                WriteMisfit(member, indent);
                continue;
            }

            bool isPlaced = member.BitfieldSize != 0 ? member.BitOffset == at
                : (alignment.IsPacked ? new BtfCAlignments.Alignment(1, 1) : _alignments.Of(member.TypeId)).Places(at, member.BitOffset);
            if (!isPlaced)
                WritePadding(at, member.BitOffset, alignment, indent);
            WriteMember(member, indent);
            at = member.BitOffset + BtfMemberOrder.BitsOf(member, Spec);
        }

        ulong end = 8UL * type.Size;
        if (!alignment.Places(at, end))
            WritePadding(at, end, alignment, indent);
    }

    private void WriteUnionMembers(BtfType type, BtfCAlignments.Alignment alignment, int indent)
    {
        ulong longest = 0;
        foreach (BtfMember member in type.Members)
        {
            if (!BtfMemberOrder.Fits(member, 0, type))
            {
                WriteMisfit(member, indent);
                continue;
            }

            WriteMember(member, indent);
            longest = Math.Max(longest, BtfMemberOrder.BitsOf(member, Spec));
        }

        if (!alignment.Places(longest, 8UL * type.Size))
            WritePaddingBytes(type.Size, indent);
    }

    private void WriteMember(BtfMember member, int indent)
    {
        Output.WriteTabs(indent);
        if (member.Name.IsEmpty && Spec.ResolveModifiers(member.TypeId) is { IsComposite: true } inner)
            WriteEmbedded(inner, indent);
        else
            WriteDeclaration(member.TypeId, member.Name, indent);
        if (member.BitfieldSize != 0)
        {
            Output.Write(": "u8);
            Output.Write((ulong)member.BitfieldSize);
        }

        Output.Write(";\n"u8);
    }

    /// <summary>
    /// A member without a name has a body, even where its type has a name: to embed a named struct takes a compiler option
    /// (<c>-fms-extensions</c>, which kernels use since 6.19).
    /// </summary>
    private void WriteEmbedded(BtfType type, int indent)
    {
        Enter(type.Id);
        Output.Write(BtfCNames.Keyword(type));
        WriteBody(type, indent);
        if (!type.Name.IsEmpty)
        {
            Output.Write(" /* "u8);
            Output.Write(BtfCNames.Keyword(type));
            WriteTagName(type);
            Output.Write(" */"u8);
        }

        Leave();
    }

    private void WriteMisfit(BtfMember member, int indent)
    {
        Output.WriteTabs(indent);
        Output.Write("/* overlaps or exceeds at bit "u8);
        Output.Write((ulong)member.BitOffset);
        Output.Write(": "u8);
        Output.Write(Identifier(member.Name));
        Output.Write(" */\n"u8);
    }

    /// <summary>
    /// Fills a gap with unnamed bitfields that cross no unit of their type and are aligned no stricter than the struct anyway, so that
    /// every machine places them alike.
    /// </summary>
    private void WritePadding(ulong at, ulong end, BtfCAlignments.Alignment alignment, int indent)
    {
        uint unit = 8u * (alignment.IsPacked ? (uint)Spec.PointerSize : Math.Min(alignment.Least, (uint)Spec.PointerSize));
        if ((end - at) / unit <= MaxPaddingLines)
        {
            WritePaddingBits(at, end, unit, indent);
            return;
        }

        ulong firstByte = (at + 7) / 8;
        ulong lastByte = end / 8;
        WritePaddingBits(at, 8 * firstByte, 8, indent);
        WritePaddingBytes(lastByte - firstByte, indent);
        WritePaddingBits(8 * lastByte, end, 8, indent);
    }

    private void WritePaddingBits(ulong at, ulong end, uint unit, int indent)
    {
        while (at < end)
        {
            ulong bits = Math.Min(end - at, unit - (at % unit));
            Output.WriteTabs(indent);
            Output.Write(unit switch { 8 => "char"u8, 16 => "short"u8, 32 => "int"u8, _ => "long"u8 });
            Output.Write(": "u8);
            Output.Write(bits);
            Output.Write(";\n"u8);
            at += bits;
        }
    }

    /// <summary>Members of anonymous structs share their parent's name space, so the names are counted through.</summary>
    private void WritePaddingBytes(ulong length, int indent)
    {
        Output.WriteTabs(indent);
        Output.Write("unsigned char __padding_"u8);
        Output.Write((long)++_paddings);
        Output.Write((byte)'[');
        Output.Write(length);
        Output.Write("];\n"u8);
    }

    protected override BtfString Identifier(BtfString name) => BtfCNames.Identifier(name);

    protected override void WriteBase(BtfType type, int indent)
    {
        switch (type.Kind)
        {
            case BtfKind.Void:
                Output.Write("void"u8);
                break;
            case BtfKind.Int or BtfKind.Float:
                Output.Write(_scalars.NameOf(type));
                break;
            case BtfKind.Typedef:
                Output.Write(names.TypedefOf(type));
                break;
            case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Fwd:
                Output.Write(BtfCNames.Keyword(type));
                if (!type.Name.IsEmpty)
                    WriteTagName(type);
                else if (type.IsAnyEnum)
                    WriteEnumBody(type, indent);
                else if (type.IsComposite)
                    WriteBody(type, indent);
                break;
            default:
                Output.Write("void /* type "u8);
                Output.Write((ulong)type.Id.Value);
                Output.Write(" */"u8);
                break;
        }
    }

    /// <summary>Twenty times what kernels need: their C is about half as long as their BTF.</summary>
    private static long MaxLength(BtfSpec spec)
    {
        long length = 1 << 20;
        for (BtfSpec? layer = spec; layer is not null; layer = layer.Base)
            length += 10L * layer.Data.Length;
        return length;
    }
}
