using P3Ebpf.Btf;

namespace P3Ebpf.Linker;

/// <summary>
/// Whether two definitions in <c>.maps</c> make the same map, as a declaration and the definition that it is resolved to must
/// (<c>map_defs_match</c> of libbpf).
/// </summary>
internal static class MapDefinitions
{
    private const string Values = "values";

    /// <summary>What keeps the two from agreeing, in a few words; <see langword="null"/> where they agree.</summary>
    public static string? Difference(BtfType left, BtfType right) =>
        left.Kind == BtfKind.Var && right.Kind == BtfKind.Var ? Compare(left.Target, right.Target, isInner: false) : "it is no map";

    private static string? Compare(BtfType left, BtfType right, bool isInner)
    {
        left = left.Spec.ResolveModifiers(left.Id);
        right = right.Spec.ResolveModifiers(right.Id);
        if (left.Kind != BtfKind.Struct || right.Kind != BtfKind.Struct)
            return "it is no map";

        Dictionary<BtfString, BtfType> others = [];
        foreach (BtfMember member in right.Members)
            others[member.Name] = Property(right.Spec, member);
        foreach (BtfMember member in left.Members)
        {
            BtfType property = Property(left.Spec, member);
            bool isShared = others.Remove(member.Name, out BtfType other);
            if (isShared ? !Agree(member.Name, property, other, isInner) : !IsZero(member.Name, property))
                return $"the maps differ in '{member.Name}'";
        }

        foreach ((BtfString name, BtfType property) in others)
        {
            if (!IsZero(name, property))
                return $"the maps differ in '{name}'";
        }

        return null;
    }

    private static bool Agree(BtfString name, BtfType left, BtfType right, bool isInner)
    {
        if (name == Values)
            return AgreeOnValues(left, right, isInner);
        if (!IsType(name))
            return NumberOf(left) is { } number && NumberOf(right) == number;
        return left.Kind == BtfKind.Ptr && right.Kind == BtfKind.Ptr
            && SizeOf(left) == SizeOf(right) && TypeAgreement.Difference(left.Target, right.Target) is null;
    }

    /// <summary><c>__type(name, T)</c> is a pointer to T, which may well be an array.</summary>
    private static bool IsType(BtfString name) => name == "key" || name == "value";

    /// <summary>A number that is 0 says no more than none.</summary>
    private static bool IsZero(BtfString name, BtfType property) => !IsType(name) && NumberOf(property) is 0;

    private static uint? SizeOf(BtfType pointer) => pointer.Spec.TryGetSize(pointer.TargetId, out uint size) ? size : null;

    /// <summary><c>__array(values, T)</c> is an array of pointers to what each slot holds: another map, or a program.</summary>
    private static bool AgreeOnValues(BtfType left, BtfType right, bool isInner)
    {
        if (isInner || left.Kind != BtfKind.Array || right.Kind != BtfKind.Array)
            return false;
        BtfType one = left.Spec.ResolveModifiers(left.Array.ElementTypeId);
        BtfType other = right.Spec.ResolveModifiers(right.Array.ElementTypeId);
        if (one.Kind != BtfKind.Ptr || other.Kind != BtfKind.Ptr)
            return false;
        return one.Target.Kind == BtfKind.Struct ? Compare(one.Target, other.Target, isInner: true) is null : TypeAgreement.Difference(one, other) is null;
    }

    private static BtfType Property(BtfSpec spec, BtfMember member) => spec.ResolveModifiers(member.TypeId);

    /// <summary><c>__uint(name, N)</c> is a pointer to an array of N, <c>__ulong(name, N)</c> an enumeration with the value N.</summary>
    private static long? NumberOf(BtfType property)
    {
        if (property.IsAnyEnum && property.Enumerators.Count == 1)
            return property.Enumerators[0].SignedValue;
        if (property.Kind != BtfKind.Ptr)
            return null;
        BtfType array = property.Spec.ResolveModifiers(property.TargetId);
        return array.Kind == BtfKind.Array ? array.Array.Length : null;
    }
}
