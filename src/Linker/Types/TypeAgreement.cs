using P3Ebpf.Btf;

namespace P3Ebpf.Linker;

/// <summary>Whether two types of different objects can be those of one symbol (<c>glob_sym_btf_matches</c> of libbpf).</summary>
/// <remarks>
/// Typedefs and qualifiers, lengths of arrays, names of parameters and the sign of integers do not matter. Structs and unions must have the
/// same members at the same places; behind a pointer their names are enough, and one side may have only a forward declaration.
/// </remarks>
internal sealed class TypeAgreement
{
    /// <summary>How many pairs of types are compared; a symbol of the kernel's largest structs has a few thousand.</summary>
    private const int MaxPairs = 1 << 20;

    private readonly BtfSpec _left;
    private readonly BtfSpec _right;
    private readonly HashSet<(BtfTypeId, BtfTypeId, bool)> _seen = [];
    private readonly Stack<(BtfTypeId Left, BtfTypeId Right, bool IsBehindPointer)> _pending = new();

    private TypeAgreement(BtfSpec left, BtfSpec right)
    {
        _left = left;
        _right = right;
    }

    /// <summary>What keeps the two from agreeing, in a few words; <see langword="null"/> where they agree.</summary>
    public static string? Difference(BtfType left, BtfType right) => new TypeAgreement(left.Spec, right.Spec).Compare(left.Id, right.Id);

    private string? Compare(BtfTypeId left, BtfTypeId right)
    {
        Push(left, right, isBehindPointer: false);
        while (_pending.TryPop(out (BtfTypeId Left, BtfTypeId Right, bool IsBehindPointer) pair))
        {
            if (_seen.Count > MaxPairs)
                return "the types are too large to be compared";
            if (Compare(_left.ResolveModifiers(pair.Left), _right.ResolveModifiers(pair.Right), pair.IsBehindPointer) is { } difference)
                return difference;
        }

        return null;
    }

    private void Push(BtfTypeId left, BtfTypeId right, bool isBehindPointer)
    {
        if (_seen.Add((left, right, isBehindPointer)))
            _pending.Push((left, right, isBehindPointer));
    }

    private string? Compare(BtfType left, BtfType right, bool isBehindPointer)
    {
        if (isBehindPointer && (left.Kind == BtfKind.Fwd) != (right.Kind == BtfKind.Fwd))
            return CompareForward(left, right);
        if (left.Kind != right.Kind)
            return $"{Name(left)} against {Name(right)}";
        bool isNamed = left.IsComposite || left.IsAnyEnum || left.Kind is BtfKind.Fwd or BtfKind.Func or BtfKind.Var;
        if (isNamed && left.Name != right.Name)
            return $"{Name(left)} against {Name(right)}";

        switch (left.Kind)
        {
            case BtfKind.Void or BtfKind.Fwd:
                return null;
            case BtfKind.Int or BtfKind.Float or BtfKind.Enum or BtfKind.Enum64:
                return left.Size == right.Size ? null : $"{Name(left)} of {left.Size} bytes against {Name(right)} of {right.Size}";
            case BtfKind.Ptr:
                Push(left.TargetId, right.TargetId, isBehindPointer: true);
                return null;
            case BtfKind.Array:
                Push(left.Array.ElementTypeId, right.Array.ElementTypeId, isBehindPointer);
                return null;
            case BtfKind.Func or BtfKind.Var:
                Push(left.TargetId, right.TargetId, isBehindPointer);
                return null;
            case BtfKind.Struct or BtfKind.Union:
                return isBehindPointer ? null : CompareMembers(left, right);
            case BtfKind.FuncProto:
                return CompareParameters(left, right, isBehindPointer);
            default:
                return $"{Name(left)} is nothing that a symbol can be";
        }
    }

    private static string? CompareForward(BtfType left, BtfType right)
    {
        (BtfType forward, BtfType whole) = left.Kind == BtfKind.Fwd ? (left, right) : (right, left);
        return forward.Name == whole.Name && whole.Kind == forward.ForwardKind
            ? null
            : $"{Name(left)} against {Name(right)}";
    }

    private string? CompareMembers(BtfType left, BtfType right)
    {
        if (left.Members.Count != right.Members.Count)
            return $"{Name(left)} has {left.Members.Count} members against {right.Members.Count}";
        for (int i = 0; i < left.Members.Count; i++)
        {
            BtfMember one = left.Members[i];
            BtfMember other = right.Members[i];
            if (one.Name != other.Name)
                return $"member {i} of {Name(left)} is '{one.Name}' against '{other.Name}'";
            if (one.BitOffset != other.BitOffset || one.BitfieldSize != other.BitfieldSize)
                return $"member '{one.Name}' of {Name(left)} lies elsewhere";
            Push(one.TypeId, other.TypeId, isBehindPointer: false);
        }

        return null;
    }

    private string? CompareParameters(BtfType left, BtfType right, bool isBehindPointer)
    {
        if (left.Parameters.Count != right.Parameters.Count)
            return $"{left.Parameters.Count} parameters against {right.Parameters.Count}";
        for (int i = 0; i < left.Parameters.Count; i++)
            Push(left.Parameters[i].TypeId, right.Parameters[i].TypeId, isBehindPointer);
        Push(left.TargetId, right.TargetId, isBehindPointer);
        return null;
    }

    private static string Name(BtfType type) => type.IsVoid ? "void" : type.Kind switch
    {
        BtfKind.Ptr => "a pointer",
        BtfKind.Array => "an array",
        BtfKind.FuncProto => "a function",
        _ => $"{BtfKindNames.Keyword(type)} {(type.Name.IsEmpty ? "(anon)" : type.Name.ToString())}",
    };
}
