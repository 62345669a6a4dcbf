using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>
/// Collects what CO-RE relocations use of a target's BTF, and writes a BTF with nothing else: sizes and offsets stay, members that
/// nobody asks for go. Relocating against it gives what the whole BTF gives, but for the numbers of types
/// (<see cref="CoreRelocationKind.TypeIdTarget"/>), which change.
/// </summary>
public sealed class CoreMinimizer
{
    private readonly SortedDictionary<BtfTypeId, CoreUsage> _used = [];
    private readonly Stack<(BtfTypeId Id, CoreUsageDepth Depth)> _pending = new();

    /// <summary>Starts with nothing.</summary>
    /// <param name="target">The BTF to take from. A split BTF is taken together with its bases.</param>
    public CoreMinimizer(BtfSpec target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The BTF to take from.</summary>
    public BtfSpec Target { get; }

    /// <summary>How many types have been collected.</summary>
    public int TypeCount => _used.Count;

    /// <summary>Collects what one relocation uses: of every type that matches it, since a later relocation may decide among them.</summary>
    /// <param name="result">A relocation against <see cref="Target"/>.</param>
    public void Add(CoreRelocationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.Kind == CoreRelocationKind.TypeIdLocal)
            return;
        foreach (CoreAccess access in result.Matches)
        {
            if (!ReferenceEquals(access.Btf, Target))
                continue;
            if (CoreKinds.IsFieldBased(access.Kind))
                UsePath(access);
            else if (CoreKinds.IsEnumBased(access.Kind))
                UseEnumerator(access);
            else
                Use(access.RootId, access.Kind == CoreRelocationKind.TypeMatches ? CoreUsageDepth.Members : CoreUsageDepth.Pointees);
        }
    }

    /// <summary>Writes what was collected as a BTF of its own, in the byte order of the target.</summary>
    public byte[] ToArray()
    {
        KeepPointerSize();
        var ids = new Dictionary<BtfTypeId, BtfTypeId>();
        foreach (BtfTypeId id in _used.Keys)
            ids.Add(id, new BtfTypeId((uint)ids.Count + 1));

        var builder = new BtfBuilder();
        foreach (KeyValuePair<BtfTypeId, CoreUsage> used in _used)
            _ = Write(builder, Target[used.Key], used.Value, id => ids.TryGetValue(id, out BtfTypeId mapped) ? mapped : BtfTypeId.Void);
        return builder.ToArray(new BtfWriteOptions { ByteOrder = Target.Header.ByteOrder });
    }

    private static BtfTypeId Write(BtfBuilder builder, BtfType type, CoreUsage usage, Func<BtfTypeId, BtfTypeId> mapId)
    {
        if (type.IsComposite)
        {
            var members = new List<BtfMember>();
            foreach (int index in usage.Elements)
            {
                BtfMember member = type.Members[index];
                members.Add(member with { TypeId = mapId(member.TypeId) });
            }

            return type.Kind == BtfKind.Struct
                ? builder.AddStruct(type.Name, type.Size, [.. members])
                : builder.AddUnion(type.Name, type.Size, [.. members]);
        }

        if (type.IsAnyEnum)
        {
            var values = new List<(BtfString Name, long Value)>();
            foreach (int index in usage.Elements)
                values.Add((type.Enumerators[index].Name, type.Enumerators[index].Bits));
            return type.Kind == BtfKind.Enum
                ? builder.AddEnum(type.Name, type.Size, type.KindFlag, [.. values])
                : builder.AddEnum64(type.Name, type.Size, type.KindFlag, [.. values]);
        }

        return type.Kind == BtfKind.Ptr && !usage.KeepsPointee ? builder.AddPtr(BtfTypeId.Void) : builder.AddCopy(type, mapId);
    }

    /// <summary>The size of a pointer is told by that of <c>long</c>; where there is none, readers take 8.</summary>
    private void KeepPointerSize()
    {
        if (Target.PointerSize != 8 && (Target.TryFind("long unsigned int", BtfKind.Int, out BtfType type) || Target.TryFind("long int", BtfKind.Int, out type)))
            Use(type.Id, CoreUsageDepth.Shape);
    }

    private void UsePath(CoreAccess access)
    {
        BtfTypeId current = access.RootId;
        Use(current, CoreUsageDepth.Shape);
        for (int i = 1; i < access.Indexes.Count; i++)
        {
            BtfType type = Target.ResolveModifiers(current);
            current = type.Kind == BtfKind.Array ? type.Array.ElementTypeId : UseMember(type, access.Indexes[i]);
        }
    }

    private BtfTypeId UseMember(BtfType type, int index)
    {
        BtfMemberList members = type.Members;
        BtfMember member = members[index];
        Used(type.Id).Elements.Add(index);
        Use(member.TypeId, CoreUsageDepth.Shape);

        // An array without length takes any index when it is the last member; one that is not must not become so.
        BtfType memberType = Target.ResolveModifiers(member.TypeId);
        if (memberType.Kind == BtfKind.Array && memberType.Array.Length == 0 && index != members.Count - 1)
        {
            Used(type.Id).Elements.Add(members.Count - 1);
            Use(members[members.Count - 1].TypeId, CoreUsageDepth.Shape);
        }

        return member.TypeId;
    }

    private void UseEnumerator(CoreAccess access)
    {
        Use(access.RootId, CoreUsageDepth.Shape);
        Used(access.Last.TypeId).Elements.Add(access.Last.Index);
    }

    private CoreUsage Used(BtfTypeId id)
    {
        if (!_used.TryGetValue(id, out CoreUsage? usage))
            _used.Add(id, usage = new CoreUsage());
        return usage;
    }

    /// <summary>Collects a type and what comparing it looks at.</summary>
    private void Use(BtfTypeId root, CoreUsageDepth rootDepth)
    {
        _pending.Push((root, rootDepth));
        while (_pending.Count > 0)
        {
            (BtfTypeId id, CoreUsageDepth depth) = _pending.Pop();
            if (id.IsVoid || !Used(id).Deepen(depth))
                continue;
            BtfType type = Target[id];
            switch (type.Kind)
            {
                case BtfKind.Ptr when depth != CoreUsageDepth.Shape:
                    Used(id).KeepsPointee = true;
                    _pending.Push((type.TargetId, CoreUsageDepth.Pointees));
                    break;
                case BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                    _pending.Push((type.TargetId, depth));
                    break;
                case BtfKind.Array:
                    _pending.Push((type.Array.ElementTypeId, depth));
                    _pending.Push((type.Array.IndexTypeId, CoreUsageDepth.Shape));
                    break;
                case BtfKind.FuncProto:
                    _pending.Push((type.TargetId, depth));
                    foreach (BtfParameter parameter in type.Parameters)
                        _pending.Push((parameter.TypeId, depth));
                    break;
                case BtfKind.Struct or BtfKind.Union when depth == CoreUsageDepth.Members:
                    for (int i = 0; i < type.Members.Count; i++)
                    {
                        _ = Used(id).Elements.Add(i);
                        _pending.Push((type.Members[i].TypeId, depth));
                    }

                    break;
                case BtfKind.Enum or BtfKind.Enum64 when depth != CoreUsageDepth.Shape:
                    for (int i = 0; i < type.Enumerators.Count; i++)
                        _ = Used(id).Elements.Add(i);
                    break;
            }
        }
    }
}

/// <summary>What is used of one type of a target.</summary>
internal sealed class CoreUsage
{
    private CoreUsageDepth? _depth;

    /// <summary>The members or enumerators, by index.</summary>
    public SortedSet<int> Elements { get; } = [];

    /// <summary>Whether a pointer goes on pointing at its type.</summary>
    public bool KeepsPointee { get; set; }

    /// <summary>Notes that the type is looked at to this depth.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Deepen(CoreUsageDepth depth)
    {
        if (_depth >= depth)
            return false;
        _depth = depth;
        return true;
    }
}

/// <summary>How deep a comparison looks into a type.</summary>
internal enum CoreUsageDepth
{
    /// <summary>Kind, name and size; typedefs, qualifiers and arrays are followed.</summary>
    Shape,

    /// <summary>What pointers and prototypes refer to as well (type compatibility).</summary>
    Pointees,

    /// <summary>The members of structs that are not behind a pointer as well (type match).</summary>
    Members,
}
