namespace P3Ebpf.Btf;

/// <summary>
/// Declares types in C so that everything is declared before it is used: what is contained by value is defined first, what is only
/// pointed to gets a forward declaration.
/// </summary>
internal sealed class BtfCDeclarations : BtfDeclaratorWriter
{
    private const int MaxSteps = 1024;

    /// <summary>Longer gaps become one array of bytes instead of a line per word.</summary>
    private const int MaxPaddingLines = 64;

    private readonly BtfCNames _names = new();
    private readonly BtfCAlignments _alignments;
    private readonly BtfCScalars _scalars;
    private readonly Progress[] _progress;
    private BtfTypeId _current;
    private int _paddings;

    public BtfCDeclarations(BtfSpec spec, Utf8Writer output)
        : base(spec, output, MaxLength(spec))
    {
        _alignments = new BtfCAlignments(spec);
        _scalars = new BtfCScalars(spec.PointerSize);
        _progress = new Progress[spec.TypeCount];
    }

    [Flags]
    private enum Progress : byte
    {
        None = 0,
        Started = 1,
        Done = 2,

        /// <summary>What a typedef stands for has been defined, too.</summary>
        Whole = 4,
    }

    /// <summary>Called after a named struct or union, or a typedef of an anonymous one, has been defined, with its name in C.</summary>
    public Action<BtfType, string>? Defined { get; set; }

    /// <summary>Declares a type and all that it depends on.</summary>
    public void Declare(BtfType type)
    {
        switch (type.Kind)
        {
            case BtfKind.Func or BtfKind.Var:
                DeclareExtern(type, default, default);
                break;
            case BtfKind.DataSec:
                foreach (BtfSectionVariable variable in type.SectionVariables)
                {
                    BtfType item = Spec[variable.TypeId];
                    if (item.Kind is BtfKind.Func or BtfKind.Var)
                        Declare(item);
                }

                break;
            case BtfKind.DeclTag:
                if (type.Target.Kind is not (BtfKind.DeclTag or BtfKind.DataSec))
                    Declare(type.Target);
                break;
            case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 when type.Name.IsEmpty:
                Need(type.Id, isWhole: true);
                _current = type.Id;
                WriteDeclaration(type.Id, default, indent: 0);
                EndDeclaration();
                break;
            default:
                Need(type.Id, isWhole: true);
                break;
        }
    }

    /// <summary>Declares a function or variable as <c>extern</c>, with words before and after.</summary>
    public void DeclareExtern(BtfType type, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        Need(type.TargetId, isWhole: type.Kind == BtfKind.Var);
        Output.Write(before);
        Output.Write("extern "u8);
        WriteDeclaration(type.TargetId, type.Name, indent: 0);
        Output.Write(after);
        EndDeclaration();
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
                Output.Write(_names.TypedefOf(type));
                break;
            case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Fwd:
                Output.Write(BtfCNames.Keyword(type));
                if (!type.Name.IsEmpty)
                    WriteTag(type);
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

    /// <summary>Declares all that must stand before a use of the type.</summary>
    /// <param name="id">The type.</param>
    /// <param name="isWhole">Whether its size must be known at the use, or a forward declaration will do.</param>
    private void Need(BtfTypeId id, bool isWhole)
    {
        Enter(id);
        for (int step = 0; ; step++)
        {
            if (step == MaxSteps)
                throw TooDeep(id);
            BtfType type = Spec[id];
            switch (type.Kind)
            {
                case BtfKind.Ptr:
                    isWhole = false;
                    id = type.TargetId;
                    continue;
                case BtfKind.Array:
                    isWhole = true;
                    id = type.Array.ElementTypeId;
                    continue;
                case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                    id = type.TargetId;
                    continue;
                case BtfKind.FuncProto when Start(type):
                    NeedSignature(type);
                    break;
                case BtfKind.Struct or BtfKind.Union when isWhole || type.Name.IsEmpty:
                    Define(type);
                    break;
                case BtfKind.Struct or BtfKind.Union or BtfKind.Fwd:
                    Forward(type);
                    break;
                case BtfKind.Enum or BtfKind.Enum64:
                    DefineEnum(type);
                    break;
                case BtfKind.Typedef when NeedTypedef(type, isWhole):
                    id = type.TargetId;
                    continue;
            }

            break;
        }

        Leave();
    }

    /// <summary>
    /// A signature may be shared by types that come before the current one, so it counts on no name that only the current one knows.
    /// </summary>
    private void NeedSignature(BtfType prototype)
    {
        BtfTypeId outer = _current;
        _current = BtfTypeId.Void;
        foreach (BtfParameter parameter in prototype.Parameters)
            Need(parameter.TypeId, isWhole: false);
        Need(prototype.TargetId, isWhole: false);
        _current = outer;
    }

    private bool Start(BtfType type)
    {
        ref Progress progress = ref _progress[type.Id.Value];
        bool isFirst = progress == Progress.None;
        progress |= Progress.Started;
        return isFirst;
    }

    private void Forward(BtfType type)
    {
        // Within its own body a struct's name is known.
        if (type.Name.IsEmpty || type.Id == _current)
            return;
        BtfCNames.Tag tag = _names.TagOf(type);
        if (tag.IsDeclared)
            return;
        tag.IsDeclared = true;
        Output.Write(BtfCNames.Keyword(type));
        WriteTag(type);
        EndDeclaration();
    }

    private void Define(BtfType type)
    {
        Progress progress = _progress[type.Id.Value];
        if ((progress & Progress.Done) != 0)
            return;
        if (!Start(type))
            throw TooDeep(type.Id);

        BtfTypeId outer = _current;
        bool isNamed = !type.Name.IsEmpty;
        if (isNamed)
            _current = type.Id;
        foreach (BtfMember member in type.Members)
            Need(member.TypeId, isWhole: true);
        if (isNamed)
        {
            Output.Write(BtfCNames.Keyword(type));
            WriteTag(type);
            WriteBody(type, indent: 0);
            EndDeclaration();
            BtfCNames.Tag tag = _names.TagOf(type);
            tag.IsDeclared = true;
            Defined?.Invoke(type, (type.Kind == BtfKind.Struct ? "struct " : "union ") + tag.Name);
        }

        _current = outer;
        _progress[type.Id.Value] |= Progress.Done;
    }

    /// <summary>Anonymous enumerations are written where they are used.</summary>
    private void DefineEnum(BtfType type)
    {
        if (type.Name.IsEmpty)
            return;
        if (type.Vlen == 0)
        {
            Forward(type);
            return;
        }

        if (!Start(type))
            return;
        Output.Write("enum"u8);
        WriteTag(type);
        WriteEnumBody(type, indent: 0);
        EndDeclaration();
        _names.TagOf(type).IsDeclared = true;
    }

    /// <returns>Whether what the typedef stands for is still to be defined where its size matters.</returns>
    private bool NeedTypedef(BtfType type, bool isWhole)
    {
        // The compiler brings this one along, and it may not be declared again.
        if (type.Name.Equals("__builtin_va_list"u8))
            return false;
        ref Progress progress = ref _progress[type.Id.Value];
        if ((progress & Progress.Done) == 0)
        {
            if (!Start(type))
                throw TooDeep(type.Id);
            BtfTypeId outer = _current;
            _current = type.Id;
            Need(type.TargetId, isWhole: false);
            WriteTypedef(type);
            _current = outer;
            progress |= Progress.Done;
        }

        bool isMissing = isWhole && (progress & Progress.Whole) == 0;
        if (isMissing)
            progress |= Progress.Whole;
        return isMissing;
    }

    private void WriteTypedef(BtfType type)
    {
        Output.Write("typedef "u8);
        BtfString name = _names.TypedefOf(type);
        BtfType target = type.Target;

        // Old compilers describe the list of variable arguments as void.
        if (target.IsVoid && type.Name.Equals("__gnuc_va_list"u8))
        {
            Output.Write("__builtin_va_list "u8);
            Output.Write(name);
        }
        else
        {
            WriteDeclaration(type.TargetId, name, indent: 0);
        }

        EndDeclaration();
        if (target.IsComposite && target.Name.IsEmpty)
            Defined?.Invoke(target, name.ToString());
    }

    private void WriteTag(BtfType type)
    {
        Output.Write((byte)' ');
        Output.Write(_names.TagOf(type).Name);
    }

    private void EndDeclaration()
    {
        Output.Write(";\n\n"u8);
        _paddings = 0;
    }

    private void WriteEnumBody(BtfType type, int indent)
    {
        Output.Write(" {\n"u8);
        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            Enter(type.Id);
            Output.WriteTabs(indent + 1);
            Output.Write(_names.Claim(enumerator.Name));
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
        if (enumerator is { IsSigned: true, Value: long.MinValue })
        {
            // C has no negative literals.
            Output.Write("(-9223372036854775807LL - 1)"u8);
            return;
        }

        if (enumerator.Is64Bit && !enumerator.IsSigned)
            Output.Write((ulong)enumerator.Bits);
        else
            Output.Write(enumerator.Value);
        if (enumerator.Is64Bit)
            Output.Write(enumerator.IsSigned ? "LL"u8 : "ULL"u8);
    }

    private void WriteBody(BtfType type, int indent)
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
            WriteTag(type);
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
}
