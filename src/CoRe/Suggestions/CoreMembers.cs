using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The members that C lets one name in a struct: its own and those of anonymous structs in it, in order.</summary>
internal static class CoreMembers
{
    private const int MaxNesting = 16;

    /// <summary>Unnamed ones count: those of anonymous structs within each other could multiply without bound.</summary>
    private const int MaxMembers = 4096;

    public static List<BtfMember> Of(BtfSpec btf, BtfType type)
    {
        var members = new List<BtfMember>();
        int budget = MaxMembers;
        if (type.IsComposite)
            Add(btf, type, members, 0, ref budget);
        return members;
    }

    /// <summary>The first of these members with a name, or <see langword="null"/>.</summary>
    public static BtfMember? Named(List<BtfMember> members, BtfString name)
    {
        foreach (BtfMember member in members)
        {
            if (member.Name == name)
                return member;
        }

        return null;
    }

    private static void Add(BtfSpec btf, BtfType type, List<BtfMember> members, int nesting, ref int budget)
    {
        foreach (BtfMember member in type.Members)
        {
            if (budget-- <= 0)
                return;
            if (!member.Name.IsEmpty)
                members.Add(member);
            else if (nesting < MaxNesting && btf.ResolveModifiers(member.TypeId) is { IsComposite: true } inner)
                Add(btf, inner, members, nesting + 1, ref budget);
        }
    }
}
