namespace P3Ebpf.Btf;

/// <summary>C text for one type or one declaration, for messages: <c>struct task_struct *</c>, <c>int (*)(void *, long)</c>.</summary>
public static class BtfTypeNames
{
    /// <summary>No type name that a person would read is longer; a hostile one could be endless.</summary>
    internal const int MaxLength = 1 << 16;

    /// <summary>The type as it would stand in a cast; anonymous types appear as <c>struct {...}</c>.</summary>
    /// <param name="spec">The BTF.</param>
    /// <param name="id">The type. A function or variable is written as its declaration.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id does not exist.</exception>
    /// <exception cref="BtfFormatException">The type refers to itself, or is too long to be written.</exception>
    public static string TypeName(BtfSpec spec, BtfTypeId id)
    {
        ArgumentNullException.ThrowIfNull(spec);
        BtfType type = spec[id];
        return type.Kind is BtfKind.Func or BtfKind.Var ? Declaration(spec, type.TargetId, type.Name) : Declaration(spec, id, default);
    }

    /// <summary>The declaration of a member, parameter or variable, without a semicolon: <c>int (*handler)(void *, long)</c>.</summary>
    /// <param name="spec">The BTF.</param>
    /// <param name="id">The type of what is declared.</param>
    /// <param name="name">Its name; may be empty.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id does not exist.</exception>
    /// <exception cref="BtfFormatException">The type refers to itself, or is too long to be written.</exception>
    public static string Declaration(BtfSpec spec, BtfTypeId id, BtfString name)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var output = new Utf8Writer();
        new Writer(spec, output, MaxLength).WriteDeclaration(id, name, indent: 0);
        return output.ToString();
    }

    /// <summary>Writes declarations with the names of types and without their bodies.</summary>
    internal class Writer(BtfSpec spec, Utf8Writer output, long maxLength, int maxTypes = int.MaxValue)
        : BtfDeclaratorWriter(spec, output, maxLength, maxTypes)
    {
        protected override void WriteBase(BtfType type, int indent)
        {
            switch (type.Kind)
            {
                case BtfKind.Void:
                    Output.Write("void"u8);
                    break;
                case BtfKind.Int or BtfKind.Float or BtfKind.Typedef:
                    Output.Write(type.Name);
                    break;
                case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Fwd:
                    Output.Write(BtfCNames.Keyword(type));
                    Output.Write((byte)' ');
                    Output.Write(type.Name.IsEmpty ? "{...}"u8 : type.Name.Bytes);
                    break;
                default:
                    Output.Write(System.Text.Encoding.UTF8.GetBytes(type.ToString()));
                    break;
            }
        }

        protected override BtfString Identifier(BtfString name) => name;
    }
}
