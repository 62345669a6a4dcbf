using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Whether a program may read a member of the target's type as the type that it declared (libbpf: <c>bpf_core_fields_are_compat</c>).</summary>
internal static class CoreFieldComparer
{
    /// <summary>
    /// Structs and unions fit each other, so do pointers, floats, integers of any size, and arrays whose elements fit; enumerations
    /// and forward declarations need the same name, or none.
    /// </summary>
    public static bool AreCompatible(BtfSpec local, BtfTypeId localId, BtfSpec target, BtfTypeId targetId)
    {
        for (int i = 0; i < CoreDepth.MaxDimensions; i++)
        {
            BtfType left = local.ResolveModifiers(localId);
            BtfType right = target.ResolveModifiers(targetId);
            if (left.IsComposite && right.IsComposite)
                return true;
            if (!CoreKinds.AreCompatible(left.Kind, right.Kind))
                return false;
            switch (left.Kind)
            {
                case BtfKind.Ptr or BtfKind.Float:
                    return true;
                case BtfKind.Fwd or BtfKind.Enum or BtfKind.Enum64:
                    return left.Name.IsEmpty || right.Name.IsEmpty
                        || BtfEssentialName.Of(left.Name.Bytes).SequenceEqual(BtfEssentialName.Of(right.Name.Bytes));
                case BtfKind.Int:
                    return left.Int.BitOffset == 0 && right.Int.BitOffset == 0;
                case BtfKind.Array:
                    localId = left.Array.ElementTypeId;
                    targetId = right.Array.ElementTypeId;
                    break;
                default:
                    return false;
            }
        }

        throw new CoreFailedException(CoreErrorCode.Einval, $"{local[localId]} is an array of too many dimensions");
    }
}
