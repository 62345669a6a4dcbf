namespace P3Ebpf.Btf;

/// <summary>
/// Numbers that are equal for equal types of any two BTFs. A reference to a named type counts by its name, so that a number is
/// found without leaving the type and circles end by themselves; type tags do not count.
/// </summary>
internal sealed class BtfSignatures(BtfSpec spec)
{
    /// <summary>Beyond any nesting of unnamed types in real code.</summary>
    private const int MaxDepth = 64;

    private const int LongName = 512;

    private const ulong Seed = 14695981039346656037;
    private readonly ulong[] _known = new ulong[spec.TypeCount];

    /// <summary>The signature of a type as something refers to it.</summary>
    public ulong Of(BtfTypeId id) => Of(id, 0);

    /// <summary>The signature of what a named type is: its members, values, target or prototype.</summary>
    public ulong Content(BtfType type) => type.Kind switch
    {
        BtfKind.Struct or BtfKind.Union => Members(type, 0),
        BtfKind.Enum or BtfKind.Enum64 => Values(type),
        BtfKind.Typedef or BtfKind.Var or BtfKind.Func => Of(type.TargetId),
        BtfKind.Int => Integer(type),
        _ => Mix(Seed, type.Size),
    };

    private ulong Of(BtfTypeId id, int depth)
    {
        if (_known[id.Value] != 0)
            return _known[id.Value];
        if (depth > MaxDepth)
            return Seed;
        ulong signature = Compute(spec[id], depth);
        _known[id.Value] = signature;
        return signature;
    }

    private ulong Compute(BtfType type, int depth)
    {
        switch (type.Kind)
        {
            case BtfKind.Int:
                return type.Name.Equals("char"u8) ? Named(type.Kind, type.Name) : Integer(type);
            case BtfKind.Struct or BtfKind.Union:
                return type.Name.IsEmpty ? Members(type, depth) : Named(type.Kind, type.Name);
            case BtfKind.Fwd:
                return Named(type.ForwardKind, type.Name);
            case BtfKind.Enum or BtfKind.Enum64:
                return type.Name.IsEmpty ? Values(type) : Named(BtfKind.Enum, type.Name);
            case BtfKind.Typedef or BtfKind.Float:
                return Named(type.Kind, type.Name);
            case BtfKind.TypeTag:
                return Of(type.TargetId, depth + 1);
            case BtfKind.Ptr or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict:
                return Mix(Of(type.TargetId, depth + 1), (ulong)type.Kind);
            case BtfKind.Array:
                return Mix(Mix(Of(type.Array.ElementTypeId, depth + 1), (ulong)type.Kind), type.Array.Length);
            case BtfKind.FuncProto:
                ulong signature = Mix(Of(type.TargetId, depth + 1), (ulong)type.Kind);
                foreach (BtfParameter parameter in type.Parameters)
                    signature = Mix(signature, Of(parameter.TypeId, depth + 1));
                return signature;
            default:
                return Mix(Seed, (ulong)type.Kind);
        }
    }

    private ulong Members(BtfType type, int depth)
    {
        ulong signature = Mix(Mix(Seed, (ulong)type.Kind), type.Size);
        foreach (BtfMember member in type.Members)
        {
            _ = spec.TryGetSize(member.TypeId, out uint size);
            signature = Mix(Mix(signature, Text(member.Name)), Of(member.TypeId, depth + 1));
            signature = Mix(Mix(signature, size), ((ulong)member.BitfieldSize << 32) | member.BitOffset);
        }

        return signature;
    }

    private static ulong Values(BtfType type)
    {
        ulong signature = Mix(Mix(Seed, (ulong)BtfKind.Enum), type.Size);
        foreach (BtfEnumerator value in type.Enumerators)
            signature = Mix(Mix(signature, Text(value.Name)), value.UnsignedValue);
        return signature;
    }

    /// <summary>
    /// Integers are equal when they are read alike: compilers differ in the order of <c>long unsigned int</c>. Whether <c>char</c> is
    /// signed is a matter of the whole kernel (unsigned since Linux 6.2), not of each type that uses it.
    /// </summary>
    private static ulong Integer(BtfType type) =>
        Mix(Mix(Seed, (ulong)BtfKind.Int), ((ulong)type.Size << 32) | ((uint)(type.Int.Encoding & ~BtfIntEncoding.Char) << 16) | (uint)type.Int.BitCount);

    private static ulong Named(BtfKind kind, BtfString name) => Mix(Text(name), (ulong)kind);

    /// <summary>Of names that no compiler makes only both ends count: very many and very long ones take few bytes where they overlap.</summary>
    private static ulong Text(BtfString name)
    {
        ReadOnlySpan<byte> bytes = name.Bytes;
        return bytes.Length <= LongName
            ? Text(bytes, Seed)
            : Text(bytes.Slice(bytes.Length - (LongName / 2)), Text(bytes.Slice(0, LongName / 2), Seed ^ (ulong)bytes.Length));
    }

    private static ulong Text(ReadOnlySpan<byte> bytes, ulong hash)
    {
        foreach (byte value in bytes)
            hash = (hash ^ value) * 1099511628211;
        return hash;
    }

    private static ulong Mix(ulong left, ulong right)
    {
        ulong mixed = (left ^ (right * 0x9E3779B97F4A7C15)) * 0xBF58476D1CE4E5B9;
        mixed ^= mixed >> 29;
        return mixed == 0 ? 1 : mixed;
    }
}
