namespace P3Ebpf.Btf;

/// <summary>A CO-RE relocation as stored (<c>struct bpf_core_relo</c>): 16 bytes.</summary>
/// <param name="InstructionOffset">Bytes from the start of the ELF section to the instruction.</param>
/// <param name="TypeId">The root type, in the object's BTF.</param>
/// <param name="AccessStringOffset">Where the access string, such as <c>0:1:2</c>, stands in the object's strings.</param>
/// <param name="Kind">What is asked.</param>
public readonly record struct CoreRelocationRecord(uint InstructionOffset, BtfTypeId TypeId, uint AccessStringOffset, CoreRelocationKind Kind);

/// <summary>What a CO-RE relocation asks (<c>enum bpf_core_relo_kind</c> of include/uapi/linux/bpf.h).</summary>
public enum CoreRelocationKind : uint
{
    /// <summary>The offset of a field, in bytes; of a bitfield, that of the unit to load.</summary>
    FieldByteOffset = 0,

    /// <summary>The size of a field, in bytes; of a bitfield, that of the unit to load.</summary>
    FieldByteSize = 1,

    /// <summary>Whether the field exists.</summary>
    FieldExists = 2,

    /// <summary>Whether the field is signed.</summary>
    FieldSigned = 3,

    /// <summary>How far to shift the loaded unit left so that the bitfield is on top of 64 bits.</summary>
    FieldLeftShiftU64 = 4,

    /// <summary>How far to shift it right afterwards.</summary>
    FieldRightShiftU64 = 5,

    /// <summary>The id of the type in the object's own BTF.</summary>
    TypeIdLocal = 6,

    /// <summary>The id of the type in the target's BTF.</summary>
    TypeIdTarget = 7,

    /// <summary>Whether the type exists.</summary>
    TypeExists = 8,

    /// <summary>The size of the type, in bytes.</summary>
    TypeSize = 9,

    /// <summary>Whether the enumeration has the value.</summary>
    EnumValueExists = 10,

    /// <summary>The value of an enumerator.</summary>
    EnumValue = 11,

    /// <summary>Whether the type exists with the same members and their types.</summary>
    TypeMatches = 12,
}
