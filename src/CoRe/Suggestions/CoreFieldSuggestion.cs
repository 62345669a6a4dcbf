using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Looks for the place to which a missing field has moved.</summary>
internal static class CoreFieldSuggestion
{
    private const string Guard = "If not every target has it, guard the access with bpf_core_field_exists().";

    public static string For(CoreAccess local, CoreCandidateType candidate, CoreSearchBudget budget)
    {
        var why = new CoreMismatch();
        _ = new CoreAccessMatcher(local, candidate.Btf, why).Match(new CoreAccess(), candidate.Id);
        CoreAccessor failed = local.Accessors[why.Accessor];
        if (!failed.IsMember || !why.Container.IsComposite)
            return Guard;

        BtfMember wanted = local.Member(failed);
        var search = new Search(local.Btf, candidate.Btf, wanted, CoreMembers.Of(candidate.Btf, why.Container, budget), budget);
        string container = CoreAccess.Named(why.Container);
        string choose = $"Declare {CoreSuggestion.Flavor(local)} with what the target has, and choose with bpf_core_field_exists().";
        if (CoreMembers.Named(search.Members, wanted.Name) is not null)
            return $"Its type has changed. {choose}";
        if (search.Similar(atMost: 0) is { } renamed)
            return $"{container} has {renamed}, which may be its new name. {choose}";
        if (search.Deeper(throughPointers: false) is { } deeper)
            return $"{container} has {deeper}, which may be its new place. {choose}";
        if (search.BetweenNeighbours(local.Btf[failed.TypeId], failed.Index) is { } inPlace)
            return $"{container} has {inPlace} in its place. {choose}";
        if (Leaf(local, failed) is { } leaf && search.Flattened(leaf) is { } flattened)
            return $"{container} has {flattened} in place of {CoreAccess.Text(wanted.Name)}.{CoreAccess.Text(leaf.Name)}. {choose}";
        if (search.Similar(atMost: BtfNameDistance.Unlike - 1) is { } similar)
            return $"{container} has {similar}, which may be its new name. {choose}";
        if (search.Deeper(throughPointers: true) is { } behind)
            return $"{container} has {behind}, which may be its new place. {choose}";
        return Guard;
    }

    /// <summary>The last field of the access, where it lies within the one that failed.</summary>
    private static BtfMember? Leaf(CoreAccess local, CoreAccessor failed)
    {
        CoreAccessor last = local.Accessors[local.Accessors.Count - 1];
        return last.IsMember && !last.Equals(failed) ? local.Member(last) : null;
    }

    private sealed class Search(BtfSpec local, BtfSpec target, BtfMember wanted, List<BtfMember> members, CoreSearchBudget budget)
    {
        private readonly List<BtfMember> _inner = [];

        public List<BtfMember> Members => members;

        /// <summary>A member of a similar name that the program could read.</summary>
        public string? Similar(int atMost)
        {
            BtfMember? best = null;
            foreach (BtfMember member in members)
            {
                int distance = BtfNameDistance.Between(wanted.Name.Bytes, member.Name.Bytes);
                if (distance > atMost || !Fits(member))
                    continue;
                best = member;
                if (distance == 0)
                    break;
                atMost = distance - 1;
            }

            return best is { } found ? CoreAccess.Text(found.Name) : null;
        }

        /// <summary>The same name in a struct that is a member, or to which a member points.</summary>
        public string? Deeper(bool throughPointers)
        {
            foreach (BtfMember member in members)
            {
                BtfType type = target.ResolveModifiers(member.TypeId);
                if (throughPointers != (type.Kind == BtfKind.Ptr))
                    continue;
                if (throughPointers)
                    type = target.ResolveModifiers(type.TargetId);
                CoreMembers.Read(target, type, _inner, budget);
                if (CoreMembers.Named(_inner, wanted.Name) is { } inner && Fits(inner))
                    return $"{CoreAccess.Text(member.Name)}{(throughPointers ? "->" : ".")}{CoreAccess.Text(wanted.Name)}";
            }

            return null;
        }

        /// <summary>A member that holds what a field of the wanted struct held: <c>i_atime_sec</c> for <c>i_atime.tv_sec</c>.</summary>
        public string? Flattened(BtfMember leaf)
        {
            string field = leaf.Name.ToString();
            string tail = field.Substring(field.LastIndexOf('_') + 1);
            string outer = wanted.Name.ToString().TrimStart('_');
            foreach (BtfMember member in members)
            {
                string name = member.Name.ToString();
                string bare = name.TrimStart('_');
                if ((bare == $"{outer}_{tail}" || bare == $"{outer}_{field}") && CoreFieldComparer.AreCompatible(local, leaf.TypeId, target, member.TypeId))
                    return name;
            }

            return null;
        }

        /// <summary>A single member that stands between the two that are the wanted one's neighbours in the program.</summary>
        public string? BetweenNeighbours(BtfType container, int index)
        {
            BtfMemberList ours = container.Members;
            if (index == 0 || index + 1 >= ours.Count || ours[index - 1].Name.IsEmpty || ours[index + 1].Name.IsEmpty)
                return null;
            for (int i = 1; i + 1 < members.Count; i++)
            {
                if (members[i - 1].Name == ours[index - 1].Name && members[i + 1].Name == ours[index + 1].Name && Fits(members[i]))
                    return CoreAccess.Text(members[i].Name);
            }

            return null;
        }

        private bool Fits(BtfMember member) => CoreFieldComparer.AreCompatible(local, wanted.TypeId, target, member.TypeId);
    }
}
