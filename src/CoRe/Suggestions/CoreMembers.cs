using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The members that C lets one name in a struct: its own and those of anonymous structs in it, in order.</summary>
internal static class CoreMembers
{
    private const int MaxNesting = 16;
    private const int MaxMembers = 4096;

    public static List<BtfMember> Of(BtfSpec btf, BtfType type)
    {
        var members = new List<BtfMember>();
        if (type.IsComposite)
            Add(btf, type, members, 0);
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

    private static void Add(BtfSpec btf, BtfType type, List<BtfMember> members, int nesting)
    {
        foreach (BtfMember member in type.Members)
        {
            if (members.Count >= MaxMembers)
                return;
            if (!member.Name.IsEmpty)
                members.Add(member);
            else if (nesting < MaxNesting && btf.ResolveModifiers(member.TypeId) is { IsComposite: true } inner)
                Add(btf, inner, members, nesting + 1);
        }
    }
}
