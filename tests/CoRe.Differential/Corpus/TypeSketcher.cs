using System.Globalization;

namespace P3Ebpf.CoRe.Differential;

/// <summary>Declares in C a part of a kernel's type: some members, to a limited depth.</summary>
internal sealed class TypeSketcher(BtfSpec kernel, CNames names, SeededRandom random)
{
    private const int MaxDepth = 4;

    /// <summary>Declares a named struct, union, enumeration or typedef.</summary>
    public CType Sketch(BtfType type) => Sketch(type, depth: 0) ?? new CScalar("int", isInteger: true);

    private CType? Sketch(BtfType type, int depth)
    {
        switch (type.Kind)
        {
            case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                return Sketch(type.Target, depth);
            case BtfKind.Typedef:
                return Sketch(type.Target, depth) is { } target && IsIdentifier(type.Name)
                    ? depth == 0 || random.Chance(30) ? new CTypedef(names.Ordinary(type.Name.ToString()), target) : target
                    : null;
            case BtfKind.Int:
                return Integer(type);
            case BtfKind.Float:
                return new CScalar(type.Size == 4 ? "float" : "double", isInteger: false);
            case BtfKind.Ptr:
                return new CScalar(Pointer(type.Target, depth), isInteger: false);
            case BtfKind.Array:
                return Sketch(kernel[type.Array.ElementTypeId], depth + 1) is { } element ? new CArray(element, type.Array.Length) : null;
            case BtfKind.Struct or BtfKind.Union:
                return Record(type, depth);
            case BtfKind.Fwd when IsIdentifier(type.Name):
                return new CRecord(type.ForwardKind == BtfKind.Union, names.Tag(type.ForwardKind == BtfKind.Union ? "union" : "struct", type.Name.ToString())) { IsForward = true };
            case BtfKind.Enum or BtfKind.Enum64:
                return Enumeration(type);
            case BtfKind.FuncProto:
                return Function(type, depth);
            default:
                return null;
        }
    }

    private static CScalar Integer(BtfType type)
    {
        string name = type.Name.ToString();
        if (type.Int.Encoding == BtfIntEncoding.Bool)
            return new CScalar("_Bool", isInteger: true);
        if (name == "char")
            return new CScalar("char", isInteger: true);
        string sign = type.Int.IsSigned ? "signed " : "unsigned ";
        return type.Size switch
        {
            _ when name.Contains("long long", StringComparison.Ordinal) => new CScalar(sign + "long long", isInteger: true),
            _ when name.Contains("long", StringComparison.Ordinal) => new CScalar(sign + "long", isInteger: true),
            1 => new CScalar(sign + "char", isInteger: true),
            2 => new CScalar(sign + "short", isInteger: true),
            4 => new CScalar(sign + "int", isInteger: true),
            8 => new CScalar(sign + "long long", isInteger: true),
            _ => new CScalar(sign + "__int128", isInteger: false),
        };
    }

    private string Pointer(BtfType target, int depth)
    {
        while (target.IsModifierOrTypedef)
            target = target.Target;
        switch (target.Kind)
        {
            case BtfKind.Int:
                return Integer(target).Declare("*@");
            case BtfKind.Struct or BtfKind.Union when IsIdentifier(target.Name):
                return PointerTo(target.Kind == BtfKind.Union ? "union" : "struct", target.Name.ToString());
            case BtfKind.Fwd when IsIdentifier(target.Name):
                return PointerTo(target.ForwardKind == BtfKind.Union ? "union" : "struct", target.Name.ToString());
            case BtfKind.Ptr when depth < MaxDepth:
                return Pointer(target.Target, depth + 1).Replace("@", "*@", StringComparison.Ordinal);
            case BtfKind.FuncProto when depth < MaxDepth && Function(target, depth + 1) is { } function:
                return function.Declare("(*@)");
            default:
                return "void *@";
        }
    }

    private string PointerTo(string keyword, string name) => names.Refer(keyword, name) ? $"{keyword} {name} *@" : "void *@";

    private CFunction? Function(BtfType type, int depth)
    {
        var parameters = new List<CType>();
        foreach (BtfParameter parameter in type.Parameters)
        {
            if (parameter.IsVariadic)
                return null;
            parameters.Add(Argument(kernel[parameter.TypeId], depth) ?? new CScalar("void *@", isInteger: false));
        }

        return new CFunction(Argument(type.Target, depth) ?? new CScalar("void", isInteger: false), parameters);
    }

    /// <summary>Arguments are numbers and pointers, which need no definition.</summary>
    private CScalar? Argument(BtfType type, int depth)
    {
        type = kernel.ResolveModifiers(type.Id);
        return type.Kind is BtfKind.Int or BtfKind.Ptr ? (CScalar?)Sketch(type, depth + 1) : null;
    }

    private CEnum Enumeration(BtfType type)
    {
        var enumerators = new List<CEnumerator>();
        int count = type.Enumerators.Count;
        int first = count <= 5 ? 0 : random.Below(count - 4);
        for (int i = first; i < count && i < first + 5; i++)
        {
            BtfEnumerator enumerator = type.Enumerators[i];
            string value = enumerator switch
            {
                { Is64Bit: true, IsSigned: false } => ((ulong)enumerator.Bits).ToString(CultureInfo.InvariantCulture) + "ULL",
                { Value: long.MinValue } => "(-9223372036854775807LL-1)",
                _ => enumerator.Value.ToString(CultureInfo.InvariantCulture) + "LL",
            };
            string name = enumerator.Name.ToString();
            if (random.Chance(8))
                value = random.Pick(["0", "7", "-3", "0x80000000", "0x100000005LL", "0xfffffffffffffff0ULL"]);
            if (random.Chance(8))
                name += "_GONE";
            enumerators.Add(new CEnumerator(names.Ordinary(name), value));
        }

        // Without enumerators it is only announced, and C cannot do that.
        if (enumerators.Count == 0)
            enumerators.Add(new CEnumerator(names.Flavor("NONE"), "0"));
        return new CEnum(IsIdentifier(type.Name) ? names.Tag("enum", type.Name.ToString()) : null, enumerators);
    }

    private CRecord? Record(BtfType type, int depth)
    {
        if (depth > MaxDepth || (!type.Name.IsEmpty && !IsIdentifier(type.Name)))
            return null;
        bool isUnion = type.Kind == BtfKind.Union;
        var record = new CRecord(isUnion, type.Name.IsEmpty ? null : names.Tag(isUnion ? "union" : "struct", type.Name.ToString()));
        BtfMemberList members = type.Members;
        int wanted = depth == 0 ? 7 : 4;
        for (int i = 0; i < members.Count && record.Members.Count < wanted; i++)
        {
            // About as many members as wanted, from all over the struct.
            if (random.Below(members.Count - i) >= (wanted - record.Members.Count) * 2)
                continue;
            BtfMember member = members[i];
            CType? memberType = Sketch(kernel[member.TypeId], depth + 1);
            bool isAnonymous = member.Name.IsEmpty;
            if (memberType is null || (isAnonymous ? memberType is not CRecord { Tag: null } : !IsIdentifier(member.Name)))
                continue;

            // clang crashes on accesses to members of empty structs.
            if (memberType.Stripped is CRecord { Members.Count: 0 })
                continue;
            record.Members.Add(new CMember(member.Name.ToString(), memberType, (int)member.BitfieldSize));
        }

        return record;
    }

    private static bool IsIdentifier(BtfString name)
    {
        foreach (byte letter in name.Bytes)
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && letter != (byte)'_')
                return false;
        }

        return !name.IsEmpty;
    }
}
