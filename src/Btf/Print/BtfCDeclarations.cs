namespace P3Ebpf.Btf;

/// <summary>
/// Declares types in C so that everything is declared before it is used: what is contained by value is defined first, what is only
/// pointed to gets a forward declaration.
/// </summary>
internal sealed class BtfCDeclarations
{
    private const int MaxSteps = 1024;

    private readonly BtfSpec _spec;
    private readonly Utf8Writer _output;
    private readonly BtfCTypeWriter _types;
    private readonly BtfCNames _names = new();
    private readonly Progress[] _progress;
    private BtfTypeId _current;

    public BtfCDeclarations(BtfSpec spec, Utf8Writer output)
    {
        _spec = spec;
        _output = output;
        _types = new BtfCTypeWriter(spec, output, _names);
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
                    BtfType item = _spec[variable.TypeId];
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
                _types.WriteDeclaration(type.Id, default, indent: 0);
                _types.EndDeclaration();
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
        _output.Write(before);
        _output.Write("extern "u8);
        _types.WriteDeclaration(type.TargetId, type.Name, indent: 0);
        _output.Write(after);
        _types.EndDeclaration();
    }

    /// <summary>Declares all that must stand before a use of the type.</summary>
    /// <param name="id">The type.</param>
    /// <param name="isWhole">Whether its size must be known at the use, or a forward declaration will do.</param>
    private void Need(BtfTypeId id, bool isWhole)
    {
        _types.Enter(id);
        for (int step = 0; ; step++)
        {
            if (step == MaxSteps)
                throw _types.TooDeep(id);
            BtfType type = _spec[id];
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

        _types.Leave();
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
        _output.Write(BtfCNames.Keyword(type));
        _types.WriteTagName(type);
        _types.EndDeclaration();
    }

    private void Define(BtfType type)
    {
        Progress progress = _progress[type.Id.Value];
        if ((progress & Progress.Done) != 0)
            return;
        if (!Start(type))
            throw _types.TooDeep(type.Id);

        BtfTypeId outer = _current;
        bool isNamed = !type.Name.IsEmpty;
        if (isNamed)
            _current = type.Id;
        foreach (BtfMember member in type.Members)
            Need(member.TypeId, isWhole: true);
        if (isNamed)
        {
            _output.Write(BtfCNames.Keyword(type));
            _types.WriteTagName(type);
            _types.WriteBody(type, indent: 0);
            _types.EndDeclaration();
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
        _output.Write("enum"u8);
        _types.WriteTagName(type);
        _types.WriteEnumBody(type, indent: 0);
        _types.EndDeclaration();
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
                throw _types.TooDeep(type.Id);
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
        _output.Write("typedef "u8);
        BtfString name = _names.TypedefOf(type);
        BtfType target = type.Target;

        // Old compilers describe the list of variable arguments as void.
        if (target.IsVoid && type.Name.Equals("__gnuc_va_list"u8))
        {
            _output.Write("__builtin_va_list "u8);
            _output.Write(name);
        }
        else
        {
            _types.WriteDeclaration(type.TargetId, name, indent: 0);
        }

        _types.EndDeclaration();
        if (target.IsComposite && target.Name.IsEmpty)
            Defined?.Invoke(target, name.ToString());
    }
}
