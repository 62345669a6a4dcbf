using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The members that C lets one name in a struct: its own and those of anonymous structs in it, in order.</summary>
internal static class CoreMembers
{
    private const int MaxNesting = 16;

    /// <summary>Unnamed ones count: those of anonymous structs within each other could multiply without bound.</summary>
    private const int MaxMembers = 4096;

    public static List<BtfMember> Of(BtfSpec btf, BtfType type, CoreSearchBudget budget)
    {
        var members = new List<BtfMember>();
        Read(btf, type, members, budget);
        return members;
    }

    /// <summary>The same into a list that serves for many types, one after the other.</summary>
    public static void Read(BtfSpec btf, BtfType type, List<BtfMember> members, CoreSearchBudget budget)
    {
        members.Clear();
        int left = MaxMembers;
        if (type.IsComposite)
            Add(btf, type, members, 0, ref left, budget);
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

    private static void Add(BtfSpec btf, BtfType type, List<BtfMember> members, int nesting, ref int left, CoreSearchBudget budget)
    {
        foreach (BtfMember member in type.Members)
        {
            if (left-- <= 0 || !budget.Take())
                return;
            if (!member.Name.IsEmpty)
                members.Add(member);
            else if (nesting < MaxNesting && btf.ResolveModifiers(member.TypeId) is { IsComposite: true } inner)
                Add(btf, inner, members, nesting + 1, ref left, budget);
        }
    }
}
