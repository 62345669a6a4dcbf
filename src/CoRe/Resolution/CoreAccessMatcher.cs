using System.Text;
using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Looks for what a local access means in one candidate of the target (libbpf: <c>bpf_core_spec_match</c>).</summary>
/// <param name="local">The access in the object's BTF.</param>
/// <param name="target">The candidate's BTF.</param>
/// <param name="why">Where to note the reason if the candidate does not fit, or <see langword="null"/>.</param>
internal struct CoreAccessMatcher(CoreAccess local, BtfSpec target, CoreMismatch? why)
{
    /// <summary>Members to look at before a struct is taken for a trap: nested anonymous structs multiply.</summary>
    private const int MaxMembers = 1 << 20;

    private int _members;

    /// <summary>Matches the access against a candidate.</summary>
    /// <param name="access">Takes the access in the target; as much of it as fits.</param>
    /// <param name="rootId">The candidate.</param>
    /// <returns>Whether the candidate fits.</returns>
    /// <exception cref="CoreFailedException">The target nests too deeply or is malformed.</exception>
    public bool Match(CoreAccess access, BtfTypeId rootId)
    {
        access.Start(target, rootId, local.Kind);
        return local.Kind switch
        {
            CoreRelocationKind.TypeMatches => new CoreTypeMatcher(local.Btf, target, why).Match(local.RootId, rootId),
            _ when CoreKinds.IsTypeBased(local.Kind) => new CoreTypeComparer(local.Btf, target, why).AreCompatible(local.RootId, rootId),
            _ when CoreKinds.IsEnumBased(local.Kind) => MatchEnumerator(access),
            _ => MatchField(access),
        };
    }

    private bool MatchEnumerator(CoreAccess access)
    {
        BtfType type = target.ResolveModifiers(access.RootId);
        if (!type.IsAnyEnum)
        {
            why?.Because($"{access.RootText()} is no enum");
            return false;
        }

        BtfString name = local.Btf[local.Last.TypeId].Enumerators[local.Last.Index].Name;
        ReadOnlySpan<byte> essentialName = BtfEssentialName.Of(name.Bytes);
        BtfEnumeratorList enumerators = type.Enumerators;
        for (int i = 0; i < enumerators.Count; i++)
        {
            if (!BtfEssentialName.Of(enumerators[i].Name.Bytes).SequenceEqual(essentialName))
                continue;
            access.AddAccessor(type.Id, i, isMember: false);
            access.AddIndex(i);
            return true;
        }

        why?.Because($"{access.RootText()} has no enumerator {CoreAccess.Text(name)}");
        return false;
    }

    private bool MatchField(CoreAccess access)
    {
        BtfTypeId current = access.RootId;
        for (int i = 0; i < local.Accessors.Count; i++)
        {
            if (why is not null)
                why.Accessor = i;
            CoreAccessor accessor = local.Accessors[i];
            BtfType type = target.ResolveModifiers(current);
            bool fits = accessor.IsMember ? TakeMember(access, accessor, type, out current)
                : i == 0 ? TakeElement(access, accessor.Index, type, out current)
                : TakeArrayElement(access, accessor.Index, type, out current);
            if (!fits)
                return false;
        }

        return true;
    }

    private bool TakeArrayElement(CoreAccess access, int index, BtfType type, out BtfTypeId next)
    {
        next = default;
        if (type.Kind != BtfKind.Array)
        {
            why?.Because($"{Path(access)} is {CoreAccess.Named(type)} there, but an array in the program");
            return false;
        }

        BtfArray array = type.Array;
        if ((uint)index >= array.Length && !access.IsFlexible(array))
        {
            why?.Because($"{Path(access)} has {array.Length} elements, too few for index {index}");
            return false;
        }

        return TakeElement(access, index, target.ResolveModifiers(array.ElementTypeId), out next);
    }

    private static bool TakeElement(CoreAccess access, int index, BtfType element, out BtfTypeId next)
    {
        if (access.IsFull)
            throw TooDeep(access);
        next = element.Id;
        access.AddAccessor(element.Id, index, isMember: false);
        access.AddIndex(index);
        access.AddElements(index, SizeOf(access.Btf, element.Id));
        return true;
    }

    private bool TakeMember(CoreAccess access, CoreAccessor localAccessor, BtfType type, out BtfTypeId next)
    {
        BtfMember wanted = local.Member(localAccessor);
        if (why is not null)
            why.Container = type;
        bool? found = FindMember(access, wanted, type, out next);
        if (found is null)
            why?.Because(type.IsComposite ? $"{(type.Name.IsEmpty ? Path(access) : CoreAccess.Named(type))} has no member {CoreAccess.Text(wanted.Name)}" : $"{Path(access)} is {CoreAccess.Named(type)} there, but a struct or union in the program");
        return found == true;
    }

    /// <summary>Looks through a struct and the anonymous ones in it, in the order of the declaration (libbpf: <c>bpf_core_match_member</c>).</summary>
    /// <returns>Whether a member of that name fits; <see langword="null"/> where there is none, and the search goes on around it.</returns>
    private bool? FindMember(CoreAccess access, in BtfMember wanted, BtfType type, out BtfTypeId next)
    {
        next = default;
        if (!type.IsComposite)
            return null;

        BtfMemberList members = type.Members;
        for (int i = 0; i < members.Count; i++)
        {
            if (access.IsFull || ++_members > MaxMembers)
                throw TooDeep(access);
            BtfMember member = members[i];
            access.AddIndex(i);
            access.AddBits(member.BitOffset);
            if (member.Name.IsEmpty)
            {
                if (FindMember(access, wanted, target.ResolveModifiers(member.TypeId), out next) == true)
                    return true;
            }
            else if (member.Name == wanted.Name)
            {
                if (CoreFieldComparer.AreCompatible(local.Btf, wanted.TypeId, target, member.TypeId))
                {
                    access.AddAccessor(type.Id, i, isMember: true);
                    next = member.TypeId;
                    return true;
                }

                why?.Because($"{Path(access)}.{CoreAccess.Text(member.Name)} is {Text(target, member.TypeId)} there, but {Text(local.Btf, wanted.TypeId)} in the program");
                access.RemoveIndex(member.BitOffset);
                return false;
            }

            access.RemoveIndex(member.BitOffset);
        }

        return null;
    }

    private static uint SizeOf(BtfSpec btf, BtfTypeId id)
    {
        if (btf.TryGetSize(id, out uint size))
            return size;
        try
        {
            return btf.SizeOf(id);
        }
        catch (BtfFormatException e)
        {
            throw new CoreFailedException(e.Code == BtfErrorCode.SizeOverflow ? CoreErrorCode.E2big : CoreErrorCode.Einval, e.Message);
        }
    }

    private static CoreFailedException TooDeep(CoreAccess access) =>
        new(CoreErrorCode.E2big, $"{access.RootId} {access.RootText()} of the target nests more than {CoreAccess.MaxLength} levels");

    private static string Path(CoreAccess access)
    {
        StringBuilder text = new StringBuilder().Append(access.RootText());
        access.AppendPath(text, access.Accessors.Count);
        return text.ToString();
    }

    private static string Text(BtfSpec btf, BtfTypeId id) => CoreAccess.Named(btf.ResolveModifiers(id));
}

/// <summary>Notes why a candidate does not fit, for somebody who asked. Absent in the ordinary run, so that it formats no text.</summary>
internal sealed class CoreMismatch
{
    /// <summary>Which accessor of the local access failed, counted from 0 for the root.</summary>
    public int Accessor { get; set; }

    /// <summary>Where a named member was looked for last.</summary>
    public BtfType Container { get; set; }

    /// <summary>The first reason, as a sentence without a full stop.</summary>
    public string? Reason { get; private set; }

    /// <summary>Notes a reason; of several the innermost, which is found first, stays.</summary>
    public void Because(string reason) => Reason ??= reason;
}
