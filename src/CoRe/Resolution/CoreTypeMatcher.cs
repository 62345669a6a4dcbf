using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>
/// Whether a type of the target has everything that the local one declares: the same names, sizes and signs all the way down, in any
/// order and at any offset (libbpf: <c>__bpf_core_types_match</c>).
/// </summary>
internal struct CoreTypeMatcher(BtfSpec local, BtfSpec target, CoreMismatch? why)
{
    private int _types;
    private int _names;

    /// <exception cref="CoreFailedException">The types nest too deeply.</exception>
    public bool Match(BtfTypeId localId, BtfTypeId targetId) => Match(localId, targetId, behindPointer: false, CoreDepth.Max);

    private bool Match(BtfTypeId localId, BtfTypeId targetId, bool behindPointer, int level)
    {
        if (level <= 0)
            throw CoreDepth.Exceeded();
        for (int depth = 0; depth < CoreDepth.Max; depth++)
        {
            if (++_types > CoreDepth.MaxTypes)
                throw CoreDepth.Exceeded();
            BtfType left = local.ResolveModifiers(localId);
            BtfType right = target.ResolveModifiers(targetId);
            if (!NamesMatch(left.Name, right.Name))
                return Differ(left, right);
            switch (left.Kind)
            {
                case BtfKind.Fwd or BtfKind.Struct or BtfKind.Union when behindPointer:
                    return IsUnion(left) == IsUnion(right) || Differ(left, right);
                case BtfKind.Enum or BtfKind.Enum64:
                    return right.IsAnyEnum ? EnumeratorsMatch(left, right) : Differ(left, right);
            }

            if (left.Kind != right.Kind)
                return Differ(left, right);
            switch (left.Kind)
            {
                case BtfKind.Void:
                    return true;
                case BtfKind.Fwd:
                    return left.ForwardKind == right.ForwardKind || Differ(left, right);
                case BtfKind.Struct or BtfKind.Union:
                    return MembersMatch(left, right, level);
                case BtfKind.Int:
                    return (left.Size == right.Size && left.Int.IsSigned == right.Int.IsSigned) || Differ(left, right);
                case BtfKind.Ptr:
                    behindPointer = true;
                    localId = left.TargetId;
                    targetId = right.TargetId;
                    break;
                case BtfKind.Array:
                    if (left.Array.Length != right.Array.Length)
                        return Differ(left, right);
                    localId = left.Array.ElementTypeId;
                    targetId = right.Array.ElementTypeId;
                    break;
                case BtfKind.FuncProto:
                    if (!ParametersMatch(left, right, behindPointer, level))
                        return false;
                    localId = left.TargetId;
                    targetId = right.TargetId;
                    break;
                default:
                    return Differ(left, right);
            }
        }

        throw CoreDepth.Exceeded();
    }

    private bool ParametersMatch(BtfType left, BtfType right, bool behindPointer, int level)
    {
        BtfParameterList ours = left.Parameters;
        BtfParameterList theirs = right.Parameters;
        if (ours.Count != theirs.Count)
        {
            why?.Because($"the function has {theirs.Count} parameters there, but {ours.Count} in the program");
            return false;
        }

        for (int i = 0; i < ours.Count; i++)
        {
            if (!Match(ours[i].TypeId, theirs[i].TypeId, behindPointer, level - 1))
                return false;
        }

        return true;
    }

    private bool MembersMatch(BtfType left, BtfType right, int level)
    {
        BtfMemberList ours = left.Members;
        BtfMemberList theirs = right.Members;
        bool all = ours.Count <= theirs.Count;
        if (!all)
            why?.Because($"{CoreAccess.Named(right)} has {theirs.Count} members, fewer than the {ours.Count} of the program's");
        for (int i = 0; all && i < ours.Count; i++)
        {
            BtfMember our = ours[i];
            bool matched = false;
            for (int j = 0; !matched && j < theirs.Count; j++)
                matched = NamesMatch(our.Name, theirs[j].Name) && Match(our.TypeId, theirs[j].TypeId, behindPointer: false, level - 1);
            if (!matched)
                why?.Because($"{CoreAccess.Named(right)} has no member {CoreAccess.Text(our.Name)}");
            all = matched;
        }

        return all;
    }

    private bool EnumeratorsMatch(BtfType left, BtfType right)
    {
        BtfEnumeratorList ours = left.Enumerators;
        BtfEnumeratorList theirs = right.Enumerators;
        if (left.Size != right.Size || ours.Count > theirs.Count)
            return Differ(left, right);
        for (int i = 0; i < ours.Count; i++)
        {
            BtfString name = ours[i].Name;
            bool matched = false;
            for (int j = 0; !matched && j < theirs.Count; j++)
                matched = NamesMatch(name, theirs[j].Name);
            if (!matched)
            {
                why?.Because($"{CoreAccess.Named(right)} has no enumerator {CoreAccess.Text(name)}");
                return false;
            }
        }

        return true;
    }

    private bool NamesMatch(BtfString left, BtfString right)
    {
        if (++_names > CoreDepth.MaxNames)
            throw CoreDepth.Exceeded();
        return BtfEssentialName.Of(left.Bytes).SequenceEqual(BtfEssentialName.Of(right.Bytes));
    }

    /// <summary>Whether a composite or its forward declaration is a union; nothing for other kinds.</summary>
    private static bool? IsUnion(BtfType type) => type.Kind switch
    {
        BtfKind.Struct => false,
        BtfKind.Union => true,
        BtfKind.Fwd => type.ForwardKind == BtfKind.Union,
        _ => null,
    };

    private bool Differ(BtfType left, BtfType right)
    {
        why?.Because($"{CoreAccess.Named(right)} stands there where the program has {CoreAccess.Named(left)}, which differs");
        return false;
    }
}
