namespace P3Ebpf.Btf;

/// <summary>
/// The members that C lets one name in a struct or union: its own, and in the place of each unnamed one those of the struct or union
/// that it embeds.
/// </summary>
public static class BtfNamedMembers
{
    /// <summary>How deep unnamed members are looked into; real code has five levels or so.</summary>
    private const int MaxNesting = 64;

    /// <summary>The named members in the order of the declaration, each with its offset from the start of the outermost type.</summary>
    /// <param name="composite">A struct or union.</param>
    /// <param name="atMost">
    /// How many members to look at, unnamed ones counted: those of unnamed types that hold each other twice could multiply without bound.
    /// </param>
    /// <exception cref="InvalidOperationException">The type is neither a struct nor a union.</exception>
    public static IEnumerable<BtfMember> Of(BtfType composite, int atMost = 1 << 16)
    {
        return Of(composite, Declared);

        IEnumerable<BtfMember> Declared(BtfType type)
        {
            BtfMemberList members = type.Members;
            for (int i = 0; i < members.Count && atMost-- > 0; i++)
                yield return members[i];
        }
    }

    /// <summary>The named members, where <paramref name="membersOf"/> tells which a type has and in which order.</summary>
    internal static IEnumerable<BtfMember> Of(BtfType composite, Func<BtfType, IEnumerable<BtfMember>> membersOf) => Of(composite, membersOf, 0, 0);

    /// <summary>The struct or union that an unnamed member embeds: an unnamed one, or by <c>-fms-extensions</c> a named one.</summary>
    /// <returns>The type; <c>void</c> where the member has a name, or is something else.</returns>
    internal static BtfType Embedded(BtfSpec spec, BtfMember member)
    {
        if (!member.Name.IsEmpty)
            return default;
        BtfType type = spec[member.TypeId];
        for (int i = 0; i < MaxNesting && type.IsModifierOrTypedef; i++)
            type = spec[type.TargetId];
        return type.IsComposite ? type : default;
    }

    private static IEnumerable<BtfMember> Of(BtfType composite, Func<BtfType, IEnumerable<BtfMember>> membersOf, uint start, int nesting)
    {
        foreach (BtfMember member in membersOf(composite))
        {
            BtfMember placed = member with { BitOffset = start + member.BitOffset };
            if (!member.Name.IsEmpty)
            {
                yield return placed;
            }
            else if (nesting < MaxNesting && Embedded(composite.Spec, member) is { IsVoid: false } inner)
            {
                foreach (BtfMember within in Of(inner, membersOf, placed.BitOffset, nesting + 1))
                    yield return within;
            }
        }
    }
}
