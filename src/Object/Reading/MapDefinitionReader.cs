
namespace P3Ebpf.Object;

/// <summary>
/// Reads the maps that a <c>.maps</c> section declares: each variable is a struct whose members' types spell out the properties
/// (<c>__uint</c>, <c>__type</c>, <c>__array</c>, <c>__ulong</c> of bpf_helpers.h).
/// </summary>
internal sealed class MapDefinitionReader(BtfSpec btf, string? path)
{
    public IEnumerable<BpfMapSpec> Read(BtfType dataSec, int section, IReadOnlyDictionary<string, long> offsets)
    {
        var maps = new List<BpfMapSpec>();
        foreach (BtfSectionVariable entry in dataSec.SectionVariables)
        {
            BtfType variable = btf[entry.TypeId];
            string name = variable.Name.ToString();
            if (variable.Kind != BtfKind.Var || variable.Linkage == BtfLinkage.Static)
                throw Failure(name, "must be a global variable");
            BtfType definition = btf.ResolveModifiers(variable.TargetId);
            if (definition.Kind != BtfKind.Struct)
                throw Failure(name, $"must be a struct, not {definition}");

            var map = new BpfMapSpec(name) { Place = (section, offsets.GetValueOrDefault(name, entry.Offset)) };
            ReadMembers(map, definition, isInner: false);
            maps.Add(map);
        }

        return maps;
    }

    private void ReadMembers(BpfMapSpec map, BtfType definition, bool isInner)
    {
        foreach (BtfMember member in definition.Members)
        {
            string property = member.Name.ToString();
            switch (property)
            {
                case "type":
                    map.Type = (BpfMapType)Number(map, property, member);
                    break;
                case "max_entries":
                    map.MaxEntries = Number(map, property, member);
                    break;
                case "map_flags":
                    map.Flags = (BpfMapFlags)Number(map, property, member);
                    break;
                case "numa_node":
                    map.NumaNode = (int)Number(map, property, member);
                    map.Flags |= BpfMapFlags.NumaNode;
                    break;
                case "key_size":
                    map.KeySize = Agreed(map, property, map.KeySize, Number(map, property, member));
                    break;
                case "value_size":
                    map.ValueSize = Agreed(map, property, map.ValueSize, Number(map, property, member));
                    break;
                case "key":
                    map.BtfKeyTypeId = Pointee(map, property, member).Value;
                    map.KeySize = Agreed(map, property, map.KeySize, btf.SizeOf(new BtfTypeId(map.BtfKeyTypeId)));
                    break;
                case "value":
                    map.BtfValueTypeId = Pointee(map, property, member).Value;
                    map.ValueSize = Agreed(map, property, map.ValueSize, btf.SizeOf(new BtfTypeId(map.BtfValueTypeId)));
                    break;
                case "map_extra":
                    map.Extra = LongNumber(map, property, member);
                    break;
                case "pinning":
                    if (isInner)
                        throw Failure(map.Name, "is an inner map, which cannot be pinned by name");
                    map.IsPinnedByName = Number(map, property, member) switch
                    {
                        0 => false,
                        1 => true,
                        var other => throw Failure(map.Name, $"'pinning' is {other}; known are 0 (none) and 1 (by name)"),
                    };
                    break;
                case "values":
                    map.ValuesOffset = member.BitOffset / 8;
                    ReadValues(map, member, isInner);
                    break;
                default:
                    throw Failure(map.Name, $"has an unknown property '{property}'");
            }
        }

        if (map.Type == BpfMapType.Unspec)
            throw Failure(map.Name, "has no type");
    }

    private void ReadValues(BpfMapSpec map, BtfMember member, bool isInner)
    {
        BtfType array = btf.ResolveModifiers(member.TypeId);
        if (array.Kind != BtfKind.Array || isInner)
            throw Failure(map.Name, isInner ? "is nested more than one level deep" : "'values' must be an array");
        BtfType element = btf.ResolveModifiers(array.Array.ElementTypeId);
        if (element.Kind != BtfKind.Ptr)
            throw Failure(map.Name, "'values' must be an array of pointers");
        map.ValueSize = Agreed(map, "values", map.ValueSize, sizeof(uint));
        if (map.Type == BpfMapType.ProgArray)
            return;
        if (map.Type is not (BpfMapType.ArrayOfMaps or BpfMapType.HashOfMaps))
            throw Failure(map.Name, $"of type {map.Type} cannot have 'values'");

        BtfType definition = btf.ResolveModifiers(element.TargetId);
        if (definition.Kind != BtfKind.Struct)
            throw Failure(map.Name, $"'values' must point to a map definition, not to {definition}");
        map.Inner = new BpfMapSpec(map.Name + ".inner");
        ReadMembers(map.Inner, definition, isInner: true);
    }

    /// <summary><c>__uint(name, N)</c> is a pointer to an array of N.</summary>
    private uint Number(BpfMapSpec map, string property, BtfMember member)
    {
        BtfType pointer = btf.ResolveModifiers(member.TypeId);
        BtfType array = pointer.Kind == BtfKind.Ptr ? btf.ResolveModifiers(pointer.TargetId) : default;
        return pointer.Kind == BtfKind.Ptr && array.Kind == BtfKind.Array
            ? array.Array.Length
            : throw Failure(map.Name, $"'{property}' is not a number in the form of __uint()");
    }

    /// <summary><c>__ulong(name, N)</c> is an enumeration with the one value N.</summary>
    private ulong LongNumber(BpfMapSpec map, string property, BtfMember member)
    {
        BtfType type = btf.ResolveModifiers(member.TypeId);
        if (!type.IsAnyEnum)
            return Number(map, property, member);
        return type.Enumerators.Count == 1
            ? type.Enumerators[0].UnsignedValue
            : throw Failure(map.Name, $"'{property}' is not a number in the form of __ulong()");
    }

    private BtfTypeId Pointee(BpfMapSpec map, string property, BtfMember member)
    {
        BtfType pointer = btf.ResolveModifiers(member.TypeId);
        return pointer.Kind == BtfKind.Ptr ? pointer.TargetId : throw Failure(map.Name, $"'{property}' is not a type in the form of __type()");
    }

    private int Agreed(BpfMapSpec map, string property, int known, uint size)
    {
        if (known != 0 && known != size)
            throw Failure(map.Name, $"'{property}' says {size} bytes where {known} were said before");
        return size <= int.MaxValue ? (int)size : throw Failure(map.Name, $"'{property}' says {size} bytes, more than any map can have");
    }

    private BpfObjectFormatException Failure(string map, string problem) => new($"map '{map}' {problem}", path, BpfObjectSections.Maps);
}
