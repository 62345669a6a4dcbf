namespace P3Ebpf.Loader;

/// <summary>
/// Finds what the kernel has for the structs of callbacks of an object: its own struct, the value that wraps it, and for each program the member
/// that it is to be. The object's bytes are carried over member by member, so that the layouts may differ. Rules: libbpf's
/// <c>bpf_map__init_kern_struct_ops</c>.
/// </summary>
internal sealed class StructOpsResolver(BpfObjectSpec spec, Kernel kernel)
{
    private const string ValuePrefix = "bpf_struct_ops_";

    private readonly Dictionary<BpfMapSpec, StructOpsValue> _values = [];
    private readonly Dictionary<BpfProgramSpec, StructOpsMember> _members = [];

    /// <summary>What the maps will hold.</summary>
    public IReadOnlyDictionary<BpfMapSpec, StructOpsValue> Values => _values;

    /// <summary>What the programs will be.</summary>
    public IReadOnlyDictionary<BpfProgramSpec, StructOpsMember> Members => _members;

    /// <summary>Resolves all maps that are to be created.</summary>
    /// <exception cref="BpfException">The kernel has no such struct, or one that differs where the object sets something.</exception>
    public void Resolve()
    {
        foreach (BpfMapSpec map in spec.Maps)
        {
            if (map is { StructOps: { } structOps, IsAutoCreated: true })
                _values.Add(map, Resolve(map, structOps));
        }
    }

    private StructOpsValue Resolve(BpfMapSpec map, BpfStructOpsSpec structOps)
    {
        string action = $"creating map '{map.Name}' ({structOps.TypeName})";
        string name = structOps.KernelTypeName;
        if (!kernel.TryFindType(ValuePrefix + name, BtfKind.Struct, out KernelType valueType) || !TryFindData(valueType.Type, name, out BtfMember data))
            throw BpfException.NotSupported(action, StructOpsKind.Of(name).Requirement, BpfCommand.MapCreate);

        BtfSpec types = valueType.Type.Spec;
        var value = new StructOpsValue(valueType, new byte[valueType.Type.Size]);
        var struc = new KernelType(types[data.TypeId], valueType.Module);
        int start = (int)(data.BitOffset / 8);
        Dictionary<string, int> indices = new(StringComparer.Ordinal);
        for (int i = 0; i < struc.Type.Members.Count; i++)
            _ = indices.TryAdd(struc.Type.Members[i].Name.ToString(), i);

        foreach (BpfStructOpsMemberSpec member in structOps.Members)
        {
            ReadOnlySpan<byte> bytes = structOps.BytesOf(member);
            bool isSet = member.Program is not null || bytes.ContainsAnyExcept((byte)0);
            if (member.Name.Length == 0 || !indices.TryGetValue(member.Name, out int index))
            {
                if (!isSet)
                    continue;
                throw member.Name.Length == 0 ? NotCarried("An anonymous member is not zero, and cannot be found in the kernel's struct: set it to 0.") : Unfit(
                    $"The kernel's struct {name} has no member '{member.Name}', which is not zero here",
                    member);
            }

            BtfMember target = struc.Type.Members[index];
            if (member.IsBitfield || target.BitfieldSize > 0)
            {
                if (!isSet)
                    continue;
                throw NotCarried($"Member '{member.Name}' is a bitfield, which is not carried over, here or by libbpf: set it to 0.");
            }

            BtfType type = types.ResolveModifiers(target.TypeId);
            if (type.Kind != member.Kind)
                throw Unfit($"Member '{member.Name}' is of kind {member.Kind} here and {type.Kind} in the kernel", member);
            int place = start + (int)(target.BitOffset / 8);
            if (member.Kind != BtfKind.Ptr)
            {
                if (types.SizeOf(type.Id) != (uint)bytes.Length)
                    throw Unfit($"Member '{member.Name}' has {bytes.Length} bytes here and {types.SizeOf(type.Id)} in the kernel", member);
                bytes.CopyTo(value.Bytes.AsSpan(place));
            }
            else if (isSet)
            {
                if (member.Program is null)
                    throw NotCarried($"Member '{member.Name}' is a pointer that is not zero, and no program: set it to null.");
                if (types.ResolveModifiers(type.TargetId).Kind != BtfKind.FuncProto)
                    throw Unfit($"Member '{member.Name}' is no callback in the kernel", member);
                Assign(action, member.Program, new StructOpsMember(struc, index, member.Name));
                value.Callbacks.Add((place, member.Program));
            }
        }

        return value;

        // What no kernel would help with.
        BpfException NotCarried(string hint) => new(action, Errno.EINVAL, BpfCommand.MapCreate, hint);

        BpfException Unfit(string problem, BpfStructOpsMemberSpec member) => BpfException.NotSupported(action, problem + (
            member.Program is null ? string.Empty : $" (program '{member.Program.Name}'); set it to null to do without"), BpfCommand.MapCreate);
    }

    /// <summary>The kernel verifies a program for one member of one struct, whichever maps have it there.</summary>
    private void Assign(string action, BpfProgramSpec program, StructOpsMember member)
    {
        if (!spec.Programs.Contains(program))
            throw new BpfException(action, Errno.EINVAL, hint: $"Member '{member.Name}' is program '{program.Name}' of another object.");
        if (_members.TryGetValue(program, out StructOpsMember? known) && (known.Struct.Type != member.Struct.Type || known.Index != member.Index))
        {
            throw new BpfException(
                action, Errno.EINVAL, hint: $"Program '{program.Name}' is member '{member.Name}' of {member.Struct.Type.Name} here and '{known.Name}' of {known.Struct.Type.Name} elsewhere; give each a program of its own.");
        }

        _members[program] = member;
    }

    private static bool TryFindData(BtfType value, string name, out BtfMember data)
    {
        foreach (BtfMember member in value.Members)
        {
            BtfType type = value.Spec[member.TypeId];
            if (type.Kind == BtfKind.Struct && type.Name.ToString() == name)
            {
                data = member;
                return true;
            }
        }

        data = default;
        return false;
    }
}

/// <summary>A callback of the kernel that a program is to be.</summary>
/// <param name="Struct">The kernel's struct.</param>
/// <param name="Index">The member's index in it.</param>
/// <param name="Name">The member's name.</param>
internal sealed record StructOpsMember(KernelType Struct, int Index, string Name);

/// <summary>The value of a struct_ops map, in the kernel's layout.</summary>
/// <param name="type">Its type: the kernel's own bookkeeping, and the struct of callbacks.</param>
/// <param name="bytes">The value, with zeroes where programs go.</param>
internal sealed class StructOpsValue(KernelType type, byte[] bytes)
{
    public KernelType Type => type;

    public byte[] Bytes => bytes;

    public List<(int Offset, BpfProgramSpec Program)> Callbacks { get; } = [];

    /// <summary>The value with the descriptors of the programs, which the kernel expects as numbers of a pointer's size.</summary>
    public byte[] WithPrograms(IReadOnlyDictionary<BpfProgramSpec, BpfProgram> programs)
    {
        byte[] value = [.. bytes];
        int size = type.Type.Spec.PointerSize;
        foreach ((int offset, BpfProgramSpec program) in Callbacks)
        {
            byte[] descriptor = BitConverter.GetBytes((long)programs[program].Handle.Descriptor);
            (BitConverter.IsLittleEndian ? descriptor.AsSpan(0, size) : descriptor.AsSpan(sizeof(long) - size)).CopyTo(value.AsSpan(offset));
        }

        return value;
    }
}
