namespace P3Ebpf.Object.Requirements;

/// <summary>What the maps of an object need: their types, their flags, what the kernel knows in their values, and structs of callbacks.</summary>
internal sealed class MapRequirements(BpfObjectSpec spec, CoreTarget target, TargetEnums enums)
{
    private const string ValuePrefix = "bpf_struct_ops_";

    /// <summary>Structs that the kernel looks for in values (<c>btf_parse_fields</c> of kernel/bpf/btf.c).</summary>
    private static readonly string[] KnownFields =
    [
        "bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer", "bpf_wq", "bpf_task_work", "bpf_list_head", "bpf_list_node", "bpf_rb_root", "bpf_rb_node", "bpf_refcount",
    ];

    /// <summary>What one map needs.</summary>
    public IEnumerable<BpfRequirement> Of(BpfMapSpec map)
    {
        if (map.StructOps is { } structOps)
            return [OfStructOps(map, structOps), .. OfFlags(map)];
        return map.IsData ? OfFields(map) : [OfType(map.Type, map.Name), .. OfSize(map), .. OfFlags(map), .. OfFields(map), .. map.Inner is null ? [] : Of(map.Inner)];
    }

    /// <summary>A type of map, whoever needs it.</summary>
    public BpfRequirement OfType(BpfMapType type, string neededBy)
    {
        string name = KernelNames.Of(type);
        return enums.Has("bpf_map_type", (long)type) switch
        {
            true => new(BpfRequirementKind.MapType, name, neededBy, BpfRequirementStatus.Met, BpfRequirementEffect.Loading),
            false => new(
                BpfRequirementKind.MapType, name, neededBy, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading,
                $"the kernel has no maps of type {name}, which Linux {type.Since()} brings"),
            null => new(BpfRequirementKind.MapType, name, neededBy, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Loading, "not known from BTF, which does not list the types of maps"),
        };
    }

    /// <summary>Loaders often set the sizes of a map when they know them.</summary>
    private static IEnumerable<BpfRequirement> OfSize(BpfMapSpec map) => map.SizeProblem is { } problem
        ? [new(BpfRequirementKind.MapSize, map.Name, map.Name, BpfRequirementStatus.NotKnown, BpfRequirementEffect.Loading, $"who loads it must set the sizes of map '{map.Name}'", problem)]
        : [];

    private IEnumerable<BpfRequirement> OfFlags(BpfMapSpec map)
    {
        for (uint bit = 1; bit != 0 && bit <= (uint)map.Flags; bit <<= 1)
        {
            var flag = (BpfMapFlags)bit;
            if ((map.Flags & flag) == 0 || enums.HasMapFlag(bit) is not { } isKnown)
                continue;
            yield return isKnown
                ? new(BpfRequirementKind.MapFlag, KernelNames.Of(flag), map.Name, BpfRequirementStatus.Met, BpfRequirementEffect.Loading)
                : new(
                    BpfRequirementKind.MapFlag, KernelNames.Of(flag), map.Name, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading,
                    $"the kernel does not know the map flag {KernelNames.Of(flag)} of map '{map.Name}', which Linux {flag.Since()} brings");
        }
    }

    private IEnumerable<BpfRequirement> OfFields(BpfMapSpec map)
    {
        if (map.BtfValueTypeId == 0 || spec.Btf is not { } own || !own.TryGetType(new BtfTypeId(map.BtfValueTypeId), out _))
            yield break;
        foreach (string name in FieldsOf(own, new BtfTypeId(map.BtfValueTypeId)))
        {
            yield return target.TryFind(name, BtfKind.Struct, out _)
                ? new(BpfRequirementKind.MapField, name, map.Name, BpfRequirementStatus.Met, BpfRequirementEffect.Loading)
                : new(
                    BpfRequirementKind.MapField, name, map.Name, BpfRequirementStatus.Missing, BpfRequirementEffect.Loading,
                    $"the kernel does not know struct {name}, which the values of map '{map.Name}' have");
        }
    }

    /// <summary>Those at the top of a value, or of the global variables of a section.</summary>
    private static HashSet<string> FieldsOf(BtfSpec own, BtfTypeId id)
    {
        HashSet<string> found = new(StringComparer.Ordinal);
        BtfType type = own.ResolveModifiers(id);
        if (type.Kind == BtfKind.Struct)
        {
            foreach (BtfMember member in type.Members)
                Note(member.TypeId);
        }
        else if (type.Kind == BtfKind.DataSec)
        {
            foreach (BtfSectionVariable variable in type.SectionVariables)
            {
                if (own[variable.TypeId] is { Kind: BtfKind.Var } declared)
                    Note(declared.TargetId);
            }
        }

        return found;

        void Note(BtfTypeId field)
        {
            BtfType resolved = own.ResolveModifiers(field);
            if (resolved.Kind == BtfKind.Struct && KnownFields.Contains(resolved.Name.ToString()))
                _ = found.Add(resolved.Name.ToString());
        }
    }

    /// <summary>Rules: libbpf's <c>bpf_map__init_kern_struct_ops</c>.</summary>
    private BpfRequirement OfStructOps(BpfMapSpec map, BpfStructOpsSpec structOps)
    {
        string name = structOps.KernelTypeName;
        BpfRequirement met = new(BpfRequirementKind.StructOps, name, map.Name, BpfRequirementStatus.Met, BpfRequirementEffect.Loading);
        if (!target.TryFind(ValuePrefix + name, BtfKind.Struct, out _) || !target.TryFind(name, BtfKind.Struct, out BtfType kernel))
        {
            return met with
            {
                Status = BpfRequirementStatus.Missing,
                Message = $"the kernel takes no struct {name} of callbacks: its BTF has no {ValuePrefix}{name}{(target.HasModules ? string.Empty : "; a module that was not given may have it")}",
            };
        }

        foreach (BpfStructOpsMemberSpec member in structOps.Members)
        {
            bool isSet = member.Program is not null || structOps.BytesOf(member).IndexOfAnyExcept((byte)0) >= 0;
            if (Misfit(kernel, member, isSet) is { } misfit)
            {
                return met with
                {
                    Status = BpfRequirementStatus.Different,
                    Message = $"struct {name} of map '{map.Name}': {misfit}",
                    Suggestion = member.Program is null ? null : $"Declare {name} with a flavour for such kernels ({name}___old), without '{member.Name}', and choose which of both maps is created.",
                };
            }
        }

        return met;
    }

    private static string? Misfit(BtfType kernel, BpfStructOpsMemberSpec member, bool isSet)
    {
        foreach (BtfMember each in kernel.Members)
        {
            if (member.Name.Length == 0 || each.Name.ToString() != member.Name)
                continue;
            BtfType type = kernel.Spec.ResolveModifiers(each.TypeId);
            return member.IsBitfield || each.BitfieldSize > 0 ? (isSet ? $"member '{member.Name}' is a bitfield, which cannot be carried over" : null)
                : type.Kind != member.Kind ? $"member '{member.Name}' is of kind {member.Kind} here and {type.Kind} in the kernel"
                : type.Kind != BtfKind.Ptr && kernel.Spec.SizeOf(type.Id) != (uint)member.Size ? $"member '{member.Name}' has {member.Size} bytes here and {kernel.Spec.SizeOf(type.Id)} in the kernel"
                : member.Program is not null && kernel.Spec.ResolveModifiers(type.TargetId).Kind != BtfKind.FuncProto ? $"member '{member.Name}' is no callback in the kernel"
                : null;
        }

        return isSet ? (member.Name.Length == 0 ? "an anonymous member is not zero" : $"the kernel's has no member '{member.Name}', which is set here") : null;
    }
}
