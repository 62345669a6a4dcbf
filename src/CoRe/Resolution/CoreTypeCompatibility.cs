using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The comparison of types behind <c>bpf_core_type_exists</c>, which typed <c>__ksym</c> variables use too (libbpf: <c>bpf_core_types_are_compat</c>).</summary>
public static class CoreTypeCompatibility
{
    /// <summary>
    /// Whether two types are roughly the same once typedefs and qualifiers are stripped: the same kinds through pointers, arrays,
    /// parameters and return values. Names of types, members and sizes are not compared. Types that nest too deeply do not fit.
    /// </summary>
    public static bool AreCompatible(BtfSpec local, BtfTypeId localId, BtfSpec target, BtfTypeId targetId)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            return new CoreTypeComparer(local, target, why: null).AreCompatible(localId, targetId);
        }
        catch (Exception e) when (e is CoreFailedException or BtfFormatException)
        {
            return false;
        }
    }
}

/// <summary>Whether two types whose names agree are roughly the same: kinds all the way down, no names and no members (libbpf: <c>__bpf_core_types_are_compat</c>).</summary>
internal struct CoreTypeComparer(BtfSpec local, BtfSpec target, CoreMismatch? why)
{
    private int _types;

    /// <exception cref="CoreFailedException">The types nest too deeply.</exception>
    public bool AreCompatible(BtfTypeId localId, BtfTypeId targetId) => AreCompatible(localId, targetId, CoreDepth.Max);

    private bool AreCompatible(BtfTypeId localId, BtfTypeId targetId, int level)
    {
        if (!CoreKinds.AreCompatible(local[localId].Kind, target[targetId].Kind))
            return Differ(local[localId], target[targetId]);
        for (int depth = 0; depth < CoreDepth.Max; depth++)
        {
            if (++_types > CoreDepth.MaxTypes)
                throw CoreDepth.Exceeded();
            BtfType left = local.ResolveModifiers(localId);
            BtfType right = target.ResolveModifiers(targetId);
            if (!CoreKinds.AreCompatible(left.Kind, right.Kind))
                return Differ(left, right);
            switch (left.Kind)
            {
                case BtfKind.Void or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Fwd:
                    return true;
                case BtfKind.Int:
                    return (left.Int.BitOffset == 0 && right.Int.BitOffset == 0) || Differ(left, right);
                case BtfKind.Ptr:
                    localId = left.TargetId;
                    targetId = right.TargetId;
                    break;
                case BtfKind.Array:
                    localId = left.Array.ElementTypeId;
                    targetId = right.Array.ElementTypeId;
                    break;
                case BtfKind.FuncProto:
                    if (!ParametersAreCompatible(left, right, level))
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

    private bool ParametersAreCompatible(BtfType left, BtfType right, int level)
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
            if (level <= 0)
                throw CoreDepth.Exceeded();
            if (!AreCompatible(local.ResolveModifiers(ours[i].TypeId).Id, target.ResolveModifiers(theirs[i].TypeId).Id, level - 1))
                return false;
        }

        return true;
    }

    private bool Differ(BtfType left, BtfType right)
    {
        why?.Because($"{CoreAccess.Named(right)} stands there where the program has {CoreAccess.Named(left)}");
        return false;
    }
}
