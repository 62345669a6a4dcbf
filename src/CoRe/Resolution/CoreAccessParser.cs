using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Turns the access string of a relocation into the steps that it takes through the local types (libbpf: <c>bpf_core_parse_spec</c>).</summary>
internal static class CoreAccessParser
{
    /// <param name="access">Takes the steps.</param>
    /// <param name="local">The object's types.</param>
    /// <param name="record">The relocation.</param>
    /// <exception cref="CoreFailedException">The string or what it refers to is malformed.</exception>
    public static void Parse(CoreAccess access, BtfSpec local, in CoreRelocationRecord record)
    {
        if (!local.TryGetString(record.AccessStringOffset, out BtfString text))
            throw Malformed($"the access string's offset {record.AccessStringOffset} lies outside the object's strings");

        access.Start(local, record.TypeId, record.Kind);
        if (CoreKinds.IsTypeBased(record.Kind))
        {
            if (!text.Equals("0"u8))
                throw Malformed($"the access string of {access.RootText()} is \"{CoreAccess.Text(text)}\"; for a type it must be \"0\"");
            return;
        }

        ParseIndexes(access, text);
        BtfType type = local.ResolveModifiers(access.RootId);
        if (CoreKinds.IsEnumBased(record.Kind))
            TakeEnumerator(access, type);
        else if (CoreKinds.IsFieldBased(record.Kind))
            TakeField(access, type);
        else
            throw Malformed($"relocations of kind {(uint)record.Kind} are unknown: the object needs a newer version");
    }

    private static void ParseIndexes(CoreAccess access, BtfString text)
    {
        ReadOnlySpan<byte> rest = text.Bytes;
        while (true)
        {
            int colon = rest.IndexOf((byte)':');
            ReadOnlySpan<byte> number = colon < 0 ? rest : rest.Slice(0, colon);
            if (!TryParseIndex(number, out int index))
                throw Malformed($"the access string \"{CoreAccess.Text(text)}\" is no list of numbers separated by colons");
            if (access.IsFull)
                throw Malformed($"the access string \"{CoreAccess.Text(text)}\" has more than {CoreAccess.MaxLength} numbers");
            access.AddIndex(index);
            if (colon < 0)
                return;
            rest = rest.Slice(colon + 1);
        }
    }

    private static bool TryParseIndex(ReadOnlySpan<byte> digits, out int index)
    {
        long value = 0;
        foreach (byte digit in digits)
        {
            value = (value * 10) + (digit - '0');
            if (digit is < (byte)'0' or > (byte)'9' || value > int.MaxValue)
            {
                index = 0;
                return false;
            }
        }

        index = (int)value;
        return digits.Length > 0;
    }

    private static void TakeEnumerator(CoreAccess access, BtfType type)
    {
        int index = access.Indexes[0];
        if (!type.IsAnyEnum || access.Indexes.Count > 1 || index >= type.Enumerators.Count)
            throw Malformed($"{access.RootText()} has no enumerator {string.Join(":", access.Indexes)}");
        access.AddAccessor(type.Id, index, isMember: false);
    }

    private static void TakeField(CoreAccess access, BtfType type)
    {
        access.AddAccessor(type.Id, access.Indexes[0], isMember: false);
        access.AddElements(access.Indexes[0], SizeOf(access, type.Id));

        for (int step = 1; step < access.Indexes.Count; step++)
        {
            int index = access.Indexes[step];
            switch (type.Kind)
            {
                case BtfKind.Struct or BtfKind.Union:
                    if (index >= type.Members.Count)
                        throw Malformed($"{type} has {type.Members.Count} members, and none with number {index}");
                    BtfMember member = type.Members[index];
                    access.AddBits(member.BitOffset);
                    if (!member.Name.IsEmpty)
                        access.AddAccessor(type.Id, index, isMember: true);
                    type = access.Btf.ResolveModifiers(member.TypeId);
                    break;
                case BtfKind.Array:
                    BtfArray array = type.Array;
                    if ((uint)index >= array.Length && !access.IsFlexible(array))
                        throw Malformed($"element {index} is out of the range of an array of {array.Length}");
                    type = access.Btf.ResolveModifiers(array.ElementTypeId);
                    access.AddAccessor(type.Id, index, isMember: false);
                    access.AddElements(index, SizeOf(access, type.Id));
                    break;
                default:
                    throw Malformed($"step {step} of the access string goes into {type}, which has neither members nor elements");
            }
        }
    }

    private static uint SizeOf(CoreAccess access, BtfTypeId id) =>
        access.Btf.TryGetSize(id, out uint size) ? size : throw Malformed($"{access.Btf[id]} has no size");

    private static CoreFailedException Malformed(string problem) => new(CoreErrorCode.Einval, problem);
}
