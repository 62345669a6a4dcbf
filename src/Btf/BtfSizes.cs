namespace P3Ebpf.Btf;

/// <summary>Sizes and alignments, by the rules that the kernel and libbpf share.</summary>
internal static class BtfSizes
{
    /// <summary>How many typedefs, qualifiers and arrays a size may lie behind (MAX_RESOLVE_DEPTH of kernel/bpf/btf.c).</summary>
    private const int MaxResolveDepth = 32;

    /// <summary>How many structs may nest where an alignment is asked for; real code has fewer than ten.</summary>
    private const int MaxNesting = 64;

    /// <summary>Beyond any chain of typedefs in real code: a longer one is circular.</summary>
    private const int MaxModifiers = 1024;

    public static BtfType ResolveModifiers(BtfSpec spec, BtfTypeId id)
    {
        BtfType type = spec[id];
        for (int i = 0; i < MaxModifiers; i++)
        {
            if (!type.IsModifierOrTypedef)
                return type;
            type = spec[type.TargetId];
        }

        throw Failure(spec, id, BtfErrorCode.TooDeep);
    }

    /// <returns>What went wrong, or <see langword="null"/>.</returns>
    public static BtfErrorCode? SizeOf(BtfSpec spec, BtfTypeId id, out uint size)
    {
        ulong count = 1;
        size = 0;
        for (int i = 0; i < MaxResolveDepth; i++)
        {
            if (!spec.TryGetType(id, out BtfType type))
                return BtfErrorCode.BadTypeId;
            ulong element;
            switch (type.Kind)
            {
                case BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.DataSec or BtfKind.Float:
                    element = type.Size;
                    break;
                case BtfKind.Ptr:
                    element = (uint)spec.PointerSize;
                    break;
                case BtfKind.Array:
                    BtfArray array = type.Array;
                    count *= array.Length;
                    if (count > uint.MaxValue)
                        return BtfErrorCode.SizeOverflow;
                    id = array.ElementTypeId;
                    continue;
                case BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Var or BtfKind.DeclTag or BtfKind.TypeTag:
                    id = type.TargetId;
                    continue;
                default:
                    return BtfErrorCode.Unsized;
            }

            if (count * element > uint.MaxValue)
                return BtfErrorCode.SizeOverflow;
            size = (uint)(count * element);
            return null;
        }

        return BtfErrorCode.TooDeep;
    }

    public static int AlignmentOf(BtfSpec spec, BtfTypeId id)
    {
        Dictionary<uint, int>? known = null;
        return AlignmentOf(spec, id, ref known, depth: 0);
    }

    /// <param name="spec">The BTF.</param>
    /// <param name="id">The type.</param>
    /// <param name="known">The alignments of structs so far: those that nest may well be met many times.</param>
    /// <param name="depth">How many types lie around this one.</param>
    private static int AlignmentOf(BtfSpec spec, BtfTypeId id, ref Dictionary<uint, int>? known, int depth)
    {
        if (depth > MaxNesting || !spec.TryGetType(id, out BtfType type))
            return 0;
        switch (type.Kind)
        {
            case BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                return (int)Math.Min((uint)spec.PointerSize, type.Size);
            case BtfKind.Ptr:
                return spec.PointerSize;
            case BtfKind.Array:
                return AlignmentOf(spec, type.Array.ElementTypeId, ref known, depth + 1);
            case BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag:
                return AlignmentOf(spec, type.TargetId, ref known, depth + 1);
            case BtfKind.Struct or BtfKind.Union:
                Dictionary<uint, int> settled = known ??= [];
                if (!settled.TryGetValue(id.Value, out int alignment))
                    settled[id.Value] = alignment = AlignmentOfComposite(spec, type, ref known, depth);
                return alignment;
            default:
                return 0;
        }
    }

    private static int AlignmentOfComposite(BtfSpec spec, BtfType type, ref Dictionary<uint, int>? known, int depth)
    {
        int alignment = 1;
        foreach (BtfMember member in type.Members)
        {
            int own = AlignmentOf(spec, member.TypeId, ref known, depth + 1);
            if (own == 0)
                return 0;
            alignment = Math.Max(alignment, own);

            // A member off its natural place shows that the whole is packed.
            if (member.BitfieldSize == 0 && member.BitOffset % (8u * (uint)own) != 0)
                return 1;
        }

        // A size that is no multiple of the alignment shows the same.
        return type.Size % (uint)alignment != 0 ? 1 : alignment;
    }

    public static BtfFormatException Failure(BtfSpec spec, BtfTypeId id, BtfErrorCode code)
    {
        string name = spec.TryGetType(id, out BtfType type) ? type.ToString() : "a type that does not exist";
        string problem = code switch
        {
            BtfErrorCode.TooDeep => $"{name} refers to itself through its typedefs, qualifiers or arrays, or through too many of them",
            BtfErrorCode.SizeOverflow => $"the size of {name} does not fit into 32 bits",
            _ => $"{name} has no size",
        };
        return new BtfFormatException(code, problem, type.IsVoid ? -1 : type.Offset, id, spec.Source);
    }
}
