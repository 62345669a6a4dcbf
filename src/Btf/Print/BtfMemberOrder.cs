namespace P3Ebpf.Btf;

/// <summary>Members in the order in which they lie in memory.</summary>
internal static class BtfMemberOrder
{
    /// <summary>The members sorted by offset; those at the same offset stay as declared. Rust declares them in another order than it lays them out.</summary>
    public static BtfMember[] ByOffset(BtfType composite)
    {
        BtfMemberList list = composite.Members;
        var members = new BtfMember[list.Count];
        bool isSorted = true;
        for (int i = 0; i < members.Length; i++)
        {
            members[i] = list[i];
            isSorted &= i == 0 || members[i - 1].BitOffset <= members[i].BitOffset;
        }

        if (isSorted)
            return members;
        var keys = new ulong[members.Length];
        for (int i = 0; i < keys.Length; i++)
            keys[i] = ((ulong)members[i].BitOffset << 32) | (uint)i;
        Array.Sort(keys, members);
        return members;
    }

    /// <summary>The members that C can have where they are, in the order of memory.</summary>
    public static IEnumerable<BtfMember> Printable(BtfType composite)
    {
        ulong end = 0;
        foreach (BtfMember member in ByOffset(composite))
        {
            if (!Fits(member, end, composite))
                continue;
            if (composite.Kind == BtfKind.Struct)
                end = member.BitOffset + BitsOf(member, composite.Spec);
            yield return member;
        }
    }

    /// <summary>
    /// Whether C can have the member where it is: after the end of the one before, and within the type. Rust's types, and damaged ones,
    /// have others.
    /// </summary>
    /// <param name="member">The member.</param>
    /// <param name="at">Bits of the struct that are taken.</param>
    /// <param name="composite">The struct or union.</param>
    public static bool Fits(BtfMember member, ulong at, BtfType composite) =>
        member.BitOffset >= at && member.BitOffset + BitsOf(member, composite.Spec) <= 8UL * composite.Size;

    /// <summary>The length of a member in bits; 0 for one without a size.</summary>
    public static ulong BitsOf(BtfMember member, BtfSpec spec) =>
        member.BitfieldSize != 0 ? member.BitfieldSize : spec.TryGetSize(member.TypeId, out uint size) ? 8UL * size : 0;
}
