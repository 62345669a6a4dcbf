using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>
/// Checks what records say of each other, once all ids are known: function prototypes for libbpf, and what the kernel's
/// <c>*_resolve</c> functions of kernel/bpf/btf.c refuse in the BTF of programs (it trusts its own so far).
/// </summary>
internal sealed class BtfReferenceRules(BtfRecordTable table, BtfFindingList findings, int pointerSize)
{
    /// <summary>MAX_RESOLVE_DEPTH; type tags are followed as far.</summary>
    private const int MaxDepth = 32;

    private readonly BtfImage _image = table.Image;
    private int _position;
    private int _index;

    [MethodImpl(BtfHotPath.Optimized)]
    public void Run()
    {
        for (_index = 0; _index < table.Count; _index++)
        {
            _position = table.Offset(_index);
            BtfKind kind = BtfRecordLayout.Kind(table.Info(_index));
            int count = (int)BtfRecordLayout.Vlen(table.Info(_index));
            switch (kind)
            {
                case BtfKind.Ptr or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag:
                    CheckTarget();
                    if (kind != BtfKind.Ptr)
                        CheckTagOrder(kind);
                    break;
                case BtfKind.Array:
                    CheckArray();
                    break;
                case BtfKind.Struct or BtfKind.Union:
                    CheckMembers(count, BtfRecordLayout.KindFlag(table.Info(_index)));
                    break;
                case BtfKind.Func:
                    CheckFunction();
                    break;
                case BtfKind.FuncProto:
                    CheckPrototype(count);
                    break;
                case BtfKind.Var:
                    if (Word(BtfRecordLayout.SizeOrTypeOffset) != 0 && !TryGetSize(Word(BtfRecordLayout.SizeOrTypeOffset), out _))
                        Warn(BtfFindingCodes.VarType, _position + BtfRecordLayout.SizeOrTypeOffset, "a variable of type {0}, which has no size", Word(BtfRecordLayout.SizeOrTypeOffset));
                    break;
                case BtfKind.DataSec:
                    CheckVariables(count);
                    break;
                case BtfKind.DeclTag:
                    CheckDeclTag();
                    break;
            }
        }
    }

    private void CheckTarget()
    {
        BtfKind target = table.Kind(Word(BtfRecordLayout.SizeOrTypeOffset));
        if (target is not (BtfKind.Var or BtfKind.DeclTag or BtfKind.DataSec or BtfKind.Func))
            return;

        // A kernel that has looked at the function before sees its prototype behind a typedef or qualifier, and takes that.
        bool isTaken = target == BtfKind.Func && BtfRecordLayout.Kind(table.Info(_index)) != BtfKind.Ptr;
        findings.Add(
            BtfFindingCodes.RefTarget, isTaken ? BtfFindingSeverity.Info : BtfFindingSeverity.Warning, _position + BtfRecordLayout.SizeOrTypeOffset, table.Id(_index),
            "type {0} is a " + BtfKindNames.Tag(target) + ", to which nothing can point", Word(BtfRecordLayout.SizeOrTypeOffset));
    }

    private void CheckTagOrder(BtfKind first)
    {
        bool inTags = first == BtfKind.TypeTag;
        BtfKind kind = first;
        uint id = Word(BtfRecordLayout.SizeOrTypeOffset);
        for (int i = 0; i < MaxDepth; i++)
        {
            if (kind == BtfKind.TypeTag && !inTags)
            {
                Warn(BtfFindingCodes.TypeTagOrder, _position + BtfRecordLayout.SizeOrTypeOffset, "a type tag stands behind a qualifier or typedef; kernels want tags first");
                return;
            }

            inTags &= kind == BtfKind.TypeTag;
            kind = table.Kind(id);
            if (!IsModifier(kind))
                return;
            id = table.Word(id, BtfRecordLayout.SizeOrTypeOffset);
        }

        Warn(BtfFindingCodes.TooDeep, _position, "more than {0} typedefs, qualifiers and tags in a row, or a circle of them", MaxDepth);
    }

    private void CheckArray()
    {
        uint element = Word(BtfRecordLayout.ArrayElementOffset);
        uint length = Word(BtfRecordLayout.ArrayLengthOffset);
        bool hasSize = TryGetSize(element, out ulong size);
        if (element != 0 && !hasSize)
            Warn(BtfFindingCodes.ArrayElement, _position + BtfRecordLayout.ArrayElementOffset, "an array of type {0}, which has no size", element);
        else if (hasSize && size * length > uint.MaxValue)
            Warn(BtfFindingCodes.ArrayOverflow, _position + BtfRecordLayout.ArrayLengthOffset, "an array of {0} elements of {1} bytes exceeds 4 GiB", length, (long)size);
        if (Word(BtfRecordLayout.ArrayIndexOffset) != 0 && !IsRegularInt(Resolve(Word(BtfRecordLayout.ArrayIndexOffset))))
            Warn(BtfFindingCodes.ArrayIndex, _position + BtfRecordLayout.ArrayIndexOffset, "an array whose index, type {0}, is no integer of whole bytes", Word(BtfRecordLayout.ArrayIndexOffset));
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckMembers(int count, bool hasBitfields)
    {
        ulong end = 8UL * Word(BtfRecordLayout.SizeOrTypeOffset);
        int step = BtfRecordLayout.Of(BtfKind.Struct).ElementLength;
        int at = _position + BtfRecordLayout.HeadLength;
        for (int i = 0; i < count; i++, at += step)
        {
            uint type = _image.UInt32(at + BtfRecordLayout.MemberTypeOffset);
            if (type == 0)
                continue;
            if (!TryGetSize(type, out ulong size))
            {
                Warn(BtfFindingCodes.MemberType, at + BtfRecordLayout.MemberTypeOffset, "member {0} is of type {1}, which has no size", i, type);
                continue;
            }

            uint place = _image.UInt32(at + BtfRecordLayout.MemberPlaceOffset);
            uint offset = BtfRecordLayout.BitOffset(place, hasBitfields);
            uint width = BtfRecordLayout.BitfieldSize(place, hasBitfields);
            if (width != 0 || offset % 8 != 0)
                CheckBitfield(i, at, type, size, width);
            else if (size != 0 && table.Kind(Resolve(type)) == BtfKind.Float && offset % (8 * Math.Min((uint)pointerSize, size)) != 0)
                Warn(BtfFindingCodes.MemberAlign, at + BtfRecordLayout.MemberPlaceOffset, "member {0}, a floating-point number, starts at bit {1}, off its alignment", i, offset);
            ulong bits = width != 0 ? width : BitsOf(type, size);
            if (offset + bits > end && (offset + 7L) / 8 <= Word(BtfRecordLayout.SizeOrTypeOffset))
                Warn(BtfFindingCodes.MemberRange, at + BtfRecordLayout.MemberPlaceOffset, "member {0} of {1} bits reaches past the end of its {2} bytes", i, (long)bits, Word(BtfRecordLayout.SizeOrTypeOffset));
        }
    }

    private void CheckBitfield(int member, int at, uint type, ulong size, uint width)
    {
        BtfKind kind = table.Kind(Resolve(type));
        if (kind is not (BtfKind.Int or BtfKind.Enum or BtfKind.Enum64))
            Warn(BtfFindingCodes.BitfieldType, at + BtfRecordLayout.MemberTypeOffset, "member {0} lies at a bit or is a bitfield, but type {1} is no integer or enumeration", member, type);
        else if (width > 8 * size)
            Warn(BtfFindingCodes.BitfieldType, at + BtfRecordLayout.MemberPlaceOffset, "member {0} is a bitfield of {1} bits of a type of {2} bytes", member, width, (long)size);
    }

    /// <summary>Of an integer the bits count, not the bytes: in the old encoding they are the width of a bitfield.</summary>
    private ulong BitsOf(uint type, ulong size)
    {
        uint resolved = Resolve(type);
        if (table.Kind(resolved) != BtfKind.Int)
            return 8 * size;
        var details = new BtfInt(table.Word(resolved, BtfRecordLayout.DetailOffset));
        return (ulong)(details.BitOffset + details.BitCount);
    }

    private void CheckFunction()
    {
        uint prototype = Word(BtfRecordLayout.SizeOrTypeOffset);
        BtfKind kind = table.Kind(prototype);
        if (kind != BtfKind.FuncProto)
        {
            findings.Add(
                BtfFindingCodes.FuncProto, BtfFindingSeverity.Error, _position + BtfRecordLayout.SizeOrTypeOffset, table.Id(_index),
                "the function refers to type {0}, a " + BtfKindNames.Tag(kind) + ", instead of a function prototype", prototype);
            return;
        }

        // A prototype of the base may have been checked before; its arguments are named there all the same.
        uint count = table.Vlen(prototype);
        for (int i = 0; i < count; i++)
        {
            int argument = BtfRecordLayout.Of(BtfKind.FuncProto).ElementOffset(i);
            if (table.Word(prototype, argument + BtfRecordLayout.ElementNameOffset) == 0 && table.Word(prototype, argument + BtfRecordLayout.ParameterTypeOffset) != 0)
            {
                Warn(BtfFindingCodes.FuncArg, _position + BtfRecordLayout.SizeOrTypeOffset, "argument {0} of a function has no name; kernels want one in programs", i);
                return;
            }
        }
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckPrototype(int count)
    {
        if (Word(BtfRecordLayout.SizeOrTypeOffset) != 0 && !IsValue(Word(BtfRecordLayout.SizeOrTypeOffset)))
            Warn(BtfFindingCodes.Parameter, _position + BtfRecordLayout.SizeOrTypeOffset, "the return value is of type {0}, which has no size", Word(BtfRecordLayout.SizeOrTypeOffset));
        int step = BtfRecordLayout.Of(BtfKind.FuncProto).ElementLength;
        int at = _position + BtfRecordLayout.HeadLength + BtfRecordLayout.ParameterTypeOffset;
        for (int i = 0; i < count; i++, at += step)
        {
            uint type = _image.UInt32(at);
            if (type != 0 && !IsValue(type))
                Warn(BtfFindingCodes.Parameter, at, "parameter {0} is of type {1}, which has no size", i, type);
        }
    }

    private void CheckVariables(int count)
    {
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfKind.DataSec);
        int at = _position + BtfRecordLayout.HeadLength;
        for (int i = 0; i < count; i++, at += layout.ElementLength)
        {
            uint variable = _image.UInt32(at + layout.ElementTypeOffset);
            if (variable == 0)
                continue;
            if (table.Kind(variable) != BtfKind.Var)
                Warn(BtfFindingCodes.DataSecVar, at, "entry {0}, type {1}, is no variable", i, variable);
            else if (TryGetSize(table.Word(variable, BtfRecordLayout.SizeOrTypeOffset), out ulong size) && size > _image.UInt32(at + BtfRecordLayout.VariableSizeOffset))
                Warn(BtfFindingCodes.DataSecVar, at + BtfRecordLayout.VariableSizeOffset, "entry {0} has {1} bytes, fewer than the {2} of its type", i, _image.UInt32(at + BtfRecordLayout.VariableSizeOffset), (long)size);
        }
    }

    private void CheckDeclTag()
    {
        uint target = Word(BtfRecordLayout.SizeOrTypeOffset);
        BtfKind kind = table.Kind(target);
        int component = (int)Word(BtfRecordLayout.DetailOffset);
        switch (kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                CheckComponent(component, table.Vlen(target));
                break;
            case BtfKind.Func:
                uint prototype = table.Word(target, BtfRecordLayout.SizeOrTypeOffset);
                if (table.Kind(prototype) == BtfKind.FuncProto)
                    CheckComponent(component, table.Vlen(prototype));
                break;
            case BtfKind.Var or BtfKind.Typedef:
                CheckComponent(component, 0);
                break;
            default:
                Warn(BtfFindingCodes.DeclTagTarget, _position + BtfRecordLayout.SizeOrTypeOffset, "a declaration tag on type {0}, a " + BtfKindNames.Tag(kind), target);
                break;
        }
    }

    private void CheckComponent(int component, uint count)
    {
        if (component >= 0 && component >= count)
            Warn(BtfFindingCodes.DeclTagIndex, _position + BtfRecordLayout.DetailOffset, "a declaration tag on component {0} of {1}", component, count);
    }

    private bool IsRegularInt(uint id)
    {
        if (table.Kind(id) != BtfKind.Int)
            return false;
        var details = new BtfInt(table.Word(id, BtfRecordLayout.DetailOffset));
        return details.BitOffset == 0 && details.BitCount is 8 or 16 or 32 or 64 or 128;
    }

    /// <summary>Whether a value of this type can be passed: it has a size and is no array of them.</summary>
    private bool IsValue(uint id) => TryGetSize(id, out _);

    /// <summary>The type behind typedefs, qualifiers and type tags; 0 where there are too many.</summary>
    [MethodImpl(BtfHotPath.Optimized)]
    private uint Resolve(uint id)
    {
        for (int i = 0; i < MaxDepth; i++)
        {
            if (!IsModifier(table.Kind(id)))
                return id;
            id = table.Word(id, BtfRecordLayout.SizeOrTypeOffset);
        }

        return 0;
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private bool TryGetSize(uint id, out ulong size)
    {
        size = 0;
        ulong count = 1;
        for (int i = 0; i < MaxDepth; i++)
        {
            BtfKind kind = table.Kind(id);
            switch (kind)
            {
                case BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                    size = Math.Min(count * table.Word(id, BtfRecordLayout.SizeOrTypeOffset), 1UL << 40);
                    return true;
                case BtfKind.Ptr:
                    size = Math.Min(count * (uint)pointerSize, 1UL << 40);
                    return true;
                case BtfKind.Array:
                    count = Math.Min(count * table.Word(id, BtfRecordLayout.ArrayLengthOffset), 1UL << 31);
                    id = table.Word(id, BtfRecordLayout.ArrayElementOffset);
                    break;
                case var _ when IsModifier(kind):
                    id = table.Word(id, BtfRecordLayout.SizeOrTypeOffset);
                    break;
                default:
                    return false;
            }
        }

        // Depth and cycles are reported for what they are.
        return true;
    }

    private uint Word(int offset) => _image.UInt32(_position + offset);

    private void Warn(string code, int at, string format, long a = 0, long b = 0, long c = 0) =>
        findings.Add(code, BtfFindingSeverity.Warning, at, table.Id(_index), format, a, b, c);

    private static bool IsModifier(BtfKind kind) => kind is BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag;
}
