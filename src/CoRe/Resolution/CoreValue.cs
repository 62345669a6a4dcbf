using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>The value of one side of a relocation: of the local or of the target's access (libbpf: <c>bpf_core_calc_field_relo</c>,
/// <c>bpf_core_calc_type_relo</c>, <c>bpf_core_calc_enumval_relo</c>).</summary>
/// <param name="Value">The value, with the bits that libbpf would write.</param>
/// <param name="Validate">Whether an instruction must hold the local value before it is patched.</param>
/// <param name="AccessSize">Bytes of the field, or of an array's element, where the width of the access may have to follow it; otherwise 0.</param>
/// <param name="AccessTypeId">The type of the field, stripped; <c>void</c> where <paramref name="AccessSize"/> is 0.</param>
internal readonly record struct CoreValue(ulong Value, bool Validate = true, uint AccessSize = 0, BtfTypeId AccessTypeId = default)
{
    /// <summary>The widest load, in bytes.</summary>
    private const uint MaxLoad = 8;

    /// <param name="access">The local or the target's access.</param>
    /// <param name="littleEndian">The byte order of the program, which shifts of bitfields depend on.</param>
    /// <exception cref="CoreFailedException">The question makes no sense for this access.</exception>
    public static CoreValue Of(CoreAccess access, bool littleEndian) => access.Kind switch
    {
        CoreRelocationKind.FieldExists or CoreRelocationKind.TypeExists or CoreRelocationKind.TypeMatches or CoreRelocationKind.EnumValueExists
            => new CoreValue(1),
        CoreRelocationKind.TypeIdLocal or CoreRelocationKind.TypeIdTarget => new CoreValue(access.RootId.Value, Validate: false),
        CoreRelocationKind.TypeSize => new CoreValue(SizeOf(access, access.RootId)),
        CoreRelocationKind.EnumValue => new CoreValue((ulong)access.Btf[access.Last.TypeId].Enumerators[access.Last.Index].Bits),
        _ when !access.Last.IsMember => OfElement(access),
        _ => OfMember(access, littleEndian),
    };

    private static CoreValue OfElement(CoreAccess access) => access.Kind switch
    {
        CoreRelocationKind.FieldByteOffset => OffsetOf(access, access.Last.TypeId),
        CoreRelocationKind.FieldByteSize => new CoreValue(SizeOf(access, access.Last.TypeId)),
        _ => throw new CoreFailedException(CoreErrorCode.Einval, $"{CoreRelocationKindNames.Of(access.Kind)} can be asked of a member only, not of {access}"),
    };

    /// <summary>The offset of what is no bitfield. An access to an array is one to an element of it.</summary>
    private static CoreValue OffsetOf(CoreAccess access, BtfTypeId typeId)
    {
        BtfTypeId elementId = typeId;
        for (int i = 0; i < CoreDepth.MaxDimensions && access.Btf[elementId].Kind == BtfKind.Array; i++)
            elementId = access.Btf.ResolveModifiers(access.Btf[elementId].Array.ElementTypeId).Id;
        return new CoreValue(access.BitOffset / 8, AccessSize: SizeOf(access, elementId), AccessTypeId: typeId);
    }

    private static CoreValue OfMember(CoreAccess access, bool littleEndian)
    {
        BtfMember member = access.Member(access.Last);
        BtfType type = access.Btf.ResolveModifiers(member.TypeId);
        bool isBitfield = member.BitfieldSize > 0;
        uint bits = isBitfield ? member.BitfieldSize : 0;
        uint unit = isBitfield ? LoadUnit(access, type.Size, bits) : SizeOf(access, type.Id);
        uint offset = isBitfield ? UnitOffset(access.BitOffset, unit) : access.BitOffset / 8;

        unchecked
        {
            if (!isBitfield)
                bits = unit * 8;

            // Compilers choose the unit of a bitfield as they like; only the sign and the right shift depend on nothing else.
            return access.Kind switch
            {
                CoreRelocationKind.FieldByteOffset => isBitfield ? new CoreValue(offset, Validate: false) : OffsetOf(access, type.Id),
                CoreRelocationKind.FieldByteSize => new CoreValue(unit, Validate: !isBitfield),
                CoreRelocationKind.FieldSigned => new CoreValue(IsSigned(type) ? 1u : 0u),
                CoreRelocationKind.FieldLeftShiftU64 => new CoreValue(
                    littleEndian ? 64 - (access.BitOffset + bits - (offset * 8)) : ((MaxLoad - unit) * 8) + (access.BitOffset - (offset * 8)),
                    Validate: !isBitfield),
                _ => new CoreValue(64 - bits),
            };
        }
    }

    /// <summary>The smallest aligned unit, from the declared type's size upwards, that holds the whole bitfield.</summary>
    private static uint LoadUnit(CoreAccess access, uint unit, uint bits)
    {
        if (unit == 0)
            throw new CoreFailedException(CoreErrorCode.Einval, $"the bitfield {access} has a type without size");
        unchecked
        {
            while (access.BitOffset + bits - (UnitOffset(access.BitOffset, unit) * 8) > unit * 8)
            {
                if (unit >= MaxLoad)
                    throw new CoreFailedException(CoreErrorCode.E2big, $"no load of up to 64 bits holds the whole bitfield {access}");
                unit *= 2;
            }
        }

        return unit;
    }

    private static uint UnitOffset(uint bitOffset, uint unit) => bitOffset / 8 / unit * unit;

    private static bool IsSigned(BtfType type) => (type.IsAnyEnum && type.KindFlag) || (type.Kind == BtfKind.Int && type.Int.IsSigned);

    private static uint SizeOf(CoreAccess access, BtfTypeId id) =>
        access.Btf.TryGetSize(id, out uint size) ? size : throw new CoreFailedException(CoreErrorCode.Einval, $"{access.Btf[id]} has no size");
}
