namespace P3Ebpf.Btf;

/// <summary>
/// Writes C declarations: pointers, arrays, prototypes and qualifiers around a base type. What a base type looks like is left to
/// the derived class.
/// </summary>
internal abstract class BtfDeclaratorWriter
{
    /// <summary>How deep declarations may nest, all in all. Real ones stay below forty; the stack holds many times this.</summary>
    private const int MaxDepth = 512;

    private readonly List<BtfType> _chain = [];
    private long _maxLength;
    private readonly int _maxTypes;
    private int _types;
    private int _depth;
    private bool _spacePending;

    /// <param name="spec">The BTF whose types are written.</param>
    /// <param name="output">Where the text goes.</param>
    /// <param name="maxLength">
    /// The most bytes to write. Anonymous types are written wherever they are used, so that a few records could make endless text.
    /// </param>
    /// <param name="maxTypes">
    /// The most types to write: then, or where the text is too long, the rest is left out as <c>...</c>. Where not given, nothing is left
    /// out, and what is too long is refused.
    /// </param>
    protected BtfDeclaratorWriter(BtfSpec spec, Utf8Writer output, long maxLength, int maxTypes = int.MaxValue)
    {
        Spec = spec;
        Output = output;
        _maxLength = maxLength;
        _maxTypes = maxTypes;
    }

    /// <summary>The BTF whose types are written.</summary>
    public BtfSpec Spec { get; }

    protected Utf8Writer Output { get; }

    /// <summary>Whether type tags are written.</summary>
    protected virtual bool WritesTags => true;

    private bool LeavesOut => _maxTypes != int.MaxValue;

    private bool IsSpent => LeavesOut && (_types > _maxTypes || Output.Length > _maxLength);

    /// <summary>Writes the declaration of <paramref name="name"/>, without the semicolon; without a name, the type alone.</summary>
    public void WriteDeclaration(BtfTypeId id, BtfString name, int indent)
    {
        Enter(id);
        int start = _chain.Count;
        BtfType type = Spec[id];
        _types++;
        while (!IsSpent && (type.Kind is BtfKind.Ptr or BtfKind.Array or BtfKind.FuncProto || type.IsModifier))
        {
            if (_chain.Count - start == MaxDepth)
                throw TooDeep(id);
            _chain.Add(type);
            _types++;
            type = Spec[type.Kind == BtfKind.Array ? type.Array.ElementTypeId : type.TargetId];
        }

        int end = _chain.Count;
        if (IsSpent)
        {
            Output.Write("..."u8);
        }
        else
        {
            WriteQualifiers(start, end, type);
            WriteBase(type, indent);
            WriteTags(start, end);
            _spacePending = true;
            WriteDeclarator(start, end, name, indent);
        }

        _spacePending = false;
        _chain.RemoveRange(start, end - start);
        Leave();
    }

    /// <summary>Forgets what was written, for another declaration of at most so many bytes.</summary>
    protected void Restart(long maxLength)
    {
        Output.Clear();
        _maxLength = maxLength;
        _types = 0;
    }

    /// <summary>Writes what stands at the core of a declaration: any kind but pointers, arrays, prototypes and modifiers.</summary>
    protected abstract void WriteBase(BtfType type, int indent);

    /// <summary>The name as it goes into the text.</summary>
    protected abstract BtfString Identifier(BtfString name);

    /// <summary>Goes one level deeper.</summary>
    /// <exception cref="BtfFormatException">Too deep, or too much text.</exception>
    public void Enter(BtfTypeId id)
    {
        if (++_depth > MaxDepth)
            throw TooDeep(id);
        if (Output.Length > _maxLength && !LeavesOut)
            throw new BtfFormatException(BtfErrorCode.TooDeep, "the types repeat themselves endlessly when written out", typeId: id, source: Spec.Source);
    }

    public void Leave() => _depth--;

    public BtfFormatException TooDeep(BtfTypeId id) =>
        new(BtfErrorCode.TooDeep, "the type refers to itself, or to others through too many steps", typeId: id, source: Spec.Source);

    private void WriteDeclarator(int start, int at, BtfString name, int indent)
    {
        while (at > start && _chain[at - 1].IsModifier)
            at--;
        if (at == start)
        {
            if (!name.IsEmpty)
            {
                WritePendingSpace();
                Output.Write(Identifier(name));
            }

            return;
        }

        BtfType type = _chain[--at];
        Enter(type.Id);
        switch (type.Kind)
        {
            case BtfKind.Ptr:
                WritePendingSpace();
                Output.Write((byte)'*');
                WriteQualifiers(start, at, type);
                WriteTags(start, at);
                WriteDeclarator(start, at, name, indent);
                break;
            case BtfKind.Array:
                WriteGrouped(start, at, name, indent);
                _spacePending = false;
                Output.Write((byte)'[');
                Output.Write((ulong)type.Array.Length);
                Output.Write((byte)']');
                break;
            default:
                WriteGrouped(start, at, name, indent);
                WritePendingSpace();
                WriteParameters(type, indent);
                break;
        }

        Leave();
    }

    /// <summary>What an array or a prototype applies to; a pointer to it needs parentheses.</summary>
    private void WriteGrouped(int start, int at, BtfString name, int indent)
    {
        int next = at;
        while (next > start && _chain[next - 1].IsModifier)
            next--;
        bool grouped = next > start && _chain[next - 1].Kind == BtfKind.Ptr;
        if (grouped)
        {
            WritePendingSpace();
            Output.Write((byte)'(');
        }

        WriteDeclarator(start, at, name, indent);
        if (grouped)
        {
            _spacePending = false;
            Output.Write((byte)')');
        }
    }

    private void WriteParameters(BtfType prototype, int indent)
    {
        BtfParameterList parameters = prototype.Parameters;
        Output.Write((byte)'(');
        if (parameters.Count == 0)
            Output.Write("void"u8);
        for (int i = 0; i < parameters.Count; i++)
        {
            BtfParameter parameter = parameters[i];
            if (i > 0)
                Output.Write(", "u8);
            if (!parameter.IsVariadic)
                WriteDeclaration(parameter.TypeId, parameter.Name, indent);
            else if (i > 0)
                Output.Write("..."u8);
            if (IsSpent)
                break;
        }

        Output.Write((byte)')');
        _spacePending = false;
    }

    /// <summary>Writes the qualifiers of a base type (before it) or of a pointer (after its star).</summary>
    /// <remarks>A qualified array is an array of qualified elements, so qualifiers are looked for beyond arrays too.</remarks>
    private void WriteQualifiers(int start, int at, BtfType type)
    {
        bool isPointer = type.Kind == BtfKind.Ptr;
        bool isConst = false, isVolatile = false, isRestrict = false;
        for (int i = at - 1; i >= start && (_chain[i].IsModifier || _chain[i].Kind == BtfKind.Array); i--)
        {
            isConst |= _chain[i].Kind == BtfKind.Const;
            isVolatile |= _chain[i].Kind == BtfKind.Volatile;
            isRestrict |= _chain[i].Kind == BtfKind.Restrict;
        }

        _spacePending = false;
        if (isConst)
            WriteQualifier("const"u8, isPointer);
        if (isVolatile)
            WriteQualifier("volatile"u8, isPointer);
        // Only pointers, or names that may stand for one, can be restricted.
        if (isRestrict && (isPointer || type.Kind == BtfKind.Typedef))
            WriteQualifier("restrict"u8, isPointer);
    }

    private void WriteQualifier(ReadOnlySpan<byte> qualifier, bool isPointer)
    {
        if (isPointer)
            WritePendingSpace();
        Output.Write(qualifier);
        if (isPointer)
            _spacePending = true;
        else
            Output.Write((byte)' ');
    }

    private void WriteTags(int start, int at)
    {
        for (int i = at - 1; WritesTags && i >= start && (_chain[i].IsModifier || _chain[i].Kind == BtfKind.Array); i--)
        {
            if (_chain[i].Kind != BtfKind.TypeTag)
                continue;
            Output.Write((byte)' ');
            WriteTag(_chain[i]);
            _spacePending = true;
        }
    }

    /// <summary>A type tag with the kind flag is any attribute, as a whole.</summary>
    private void WriteTag(BtfType tag)
    {
        Output.Write("__attribute__(("u8);
        if (!tag.KindFlag)
            Output.Write("btf_type_tag(\""u8);
        foreach (byte value in tag.Name.Bytes)
        {
            if (value is (byte)'"' or (byte)'\\' && !tag.KindFlag)
                Output.Write((byte)'\\');
            Output.Write(value < (byte)' ' ? (byte)'?' : value);
        }

        if (!tag.KindFlag)
            Output.Write("\")"u8);
        Output.Write("))"u8);
    }

    private void WritePendingSpace()
    {
        if (_spacePending)
            Output.Write((byte)' ');
        _spacePending = false;
    }
}
