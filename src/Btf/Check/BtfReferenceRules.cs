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
            BtfKind kind = BtfRecord.Kind(table.Info(_index));
            int count = (int)BtfRecord.Vlen(table.Info(_index));
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
                    CheckMembers(count, BtfRecord.KindFlag(table.Info(_index)));
                    break;
                case BtfKind.Func:
                    CheckFunction();
                    break;
                case BtfKind.FuncProto:
                    CheckPrototype(count);
                    break;
                case BtfKind.Var:
                    if (Word(8) != 0 && !TryGetSize(Word(8), out _))
                        Warn(BtfFindingCodes.VarType, _position + 8, "a variable of type {0}, which has no size", Word(8));
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
        BtfKind target = table.Kind(Word(8));
        if (target is not (BtfKind.Var or BtfKind.DeclTag or BtfKind.DataSec or BtfKind.Func))
            return;

        // A kernel that has looked at the function before sees its prototype behind a typedef or qualifier, and takes that.
        bool isTaken = target == BtfKind.Func && BtfRecord.Kind(table.Info(_index)) != BtfKind.Ptr;
        findings.Add(
            BtfFindingCodes.RefTarget, isTaken ? BtfFindingSeverity.Info : BtfFindingSeverity.Warning, _position + 8, table.Id(_index),
            "type {0} is a " + BtfKindNames.Tag(target) + ", to which nothing can point", Word(8));
    }

    private void CheckTagOrder(BtfKind first)
    {
        bool inTags = first == BtfKind.TypeTag;
        BtfKind kind = first;
        uint id = Word(8);
        for (int i = 0; i < MaxDepth; i++)
        {
            if (kind == BtfKind.TypeTag && !inTags)
            {
                Warn(BtfFindingCodes.TypeTagOrder, _position + 8, "a type tag stands behind a qualifier or typedef; kernels want tags first");
                return;
            }

            inTags &= kind == BtfKind.TypeTag;
            kind = table.Kind(id);
            if (!IsModifier(kind))
                return;
            id = table.Word(id, 8);
        }

        Warn(BtfFindingCodes.TooDeep, _position, "more than {0} typedefs, qualifiers and tags in a row, or a circle of them", MaxDepth);
    }

    private void CheckArray()
    {
        uint element = Word(12);
        uint length = Word(20);
        bool hasSize = TryGetSize(element, out ulong size);
        if (element != 0 && !hasSize)
            Warn(BtfFindingCodes.ArrayElement, _position + 12, "an array of type {0}, which has no size", element);
        else if (hasSize && size * length > uint.MaxValue)
            Warn(BtfFindingCodes.ArrayOverflow, _position + 20, "an array of {0} elements of {1} bytes exceeds 4 GiB", length, (long)size);
        if (Word(16) != 0 && !IsRegularInt(Resolve(Word(16))))
            Warn(BtfFindingCodes.ArrayIndex, _position + 16, "an array whose index, type {0}, is no integer of whole bytes", Word(16));
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckMembers(int count, bool hasBitfields)
    {
        ulong end = 8UL * Word(8);
        int at = _position + BtfRecord.HeadLength;
        for (int i = 0; i < count; i++, at += 12)
        {
            uint type = _image.UInt32(at + 4);
            if (type == 0)
                continue;
            if (!TryGetSize(type, out ulong size))
            {
                Warn(BtfFindingCodes.MemberType, at + 4, "member {0} is of type {1}, which has no size", i, type);
                continue;
            }

            uint place = _image.UInt32(at + 8);
            uint offset = hasBitfields ? place & 0xFFFFFF : place;
            uint width = hasBitfields ? place >> 24 : 0;
            if (width != 0 || offset % 8 != 0)
                CheckBitfield(i, at, type, size, width);
            else if (size != 0 && table.Kind(Resolve(type)) == BtfKind.Float && offset % (8 * Math.Min((uint)pointerSize, size)) != 0)
                Warn(BtfFindingCodes.MemberAlign, at + 8, "member {0}, a floating-point number, starts at bit {1}, off its alignment", i, offset);
            ulong bits = width != 0 ? width : BitsOf(type, size);
            if (offset + bits > end && (offset + 7L) / 8 <= Word(8))
                Warn(BtfFindingCodes.MemberRange, at + 8, "member {0} of {1} bits reaches past the end of its {2} bytes", i, (long)bits, Word(8));
        }
    }

    private void CheckBitfield(int member, int at, uint type, ulong size, uint width)
    {
        BtfKind kind = table.Kind(Resolve(type));
        if (kind is not (BtfKind.Int or BtfKind.Enum or BtfKind.Enum64))
            Warn(BtfFindingCodes.BitfieldType, at + 4, "member {0} lies at a bit or is a bitfield, but type {1} is no integer or enumeration", member, type);
        else if (width > 8 * size)
            Warn(BtfFindingCodes.BitfieldType, at + 8, "member {0} is a bitfield of {1} bits of a type of {2} bytes", member, width, (long)size);
    }

    /// <summary>Of an integer the bits count, not the bytes: in the old encoding they are the width of a bitfield.</summary>
    private ulong BitsOf(uint type, ulong size)
    {
        uint resolved = Resolve(type);
        if (table.Kind(resolved) != BtfKind.Int)
            return 8 * size;
        var details = new BtfInt(table.Word(resolved, 12));
        return (ulong)(details.BitOffset + details.BitCount);
    }

    private void CheckFunction()
    {
        uint prototype = Word(8);
        BtfKind kind = table.Kind(prototype);
        if (kind != BtfKind.FuncProto)
        {
            findings.Add(
                BtfFindingCodes.FuncProto, BtfFindingSeverity.Error, _position + 8, table.Id(_index),
                "the function refers to type {0}, a " + BtfKindNames.Tag(kind) + ", instead of a function prototype", prototype);
            return;
        }

        // A prototype of the base may have been checked before; its arguments are named there all the same.
        uint count = table.Vlen(prototype);
        for (int i = 0; i < count; i++)
        {
            int argument = BtfRecord.HeadLength + (i * 8);
            if (table.Word(prototype, argument) == 0 && table.Word(prototype, argument + 4) != 0)
            {
                Warn(BtfFindingCodes.FuncArg, _position + 8, "argument {0} of a function has no name; kernels want one in programs", i);
                return;
            }
        }
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckPrototype(int count)
    {
        if (Word(8) != 0 && !IsValue(Word(8)))
            Warn(BtfFindingCodes.Parameter, _position + 8, "the return value is of type {0}, which has no size", Word(8));
        int at = _position + BtfRecord.HeadLength;
        for (int i = 0; i < count; i++, at += 8)
        {
            if (_image.UInt32(at + 4) != 0 && !IsValue(_image.UInt32(at + 4)))
                Warn(BtfFindingCodes.Parameter, at + 4, "parameter {0} is of type {1}, which has no size", i, _image.UInt32(at + 4));
        }
    }

    private void CheckVariables(int count)
    {
        int at = _position + BtfRecord.HeadLength;
        for (int i = 0; i < count; i++, at += 12)
        {
            uint variable = _image.UInt32(at);
            if (variable == 0)
                continue;
            if (table.Kind(variable) != BtfKind.Var)
                Warn(BtfFindingCodes.DataSecVar, at, "entry {0}, type {1}, is no variable", i, variable);
            else if (TryGetSize(table.Word(variable, 8), out ulong size) && size > _image.UInt32(at + 8))
                Warn(BtfFindingCodes.DataSecVar, at + 8, "entry {0} has {1} bytes, fewer than the {2} of its type", i, _image.UInt32(at + 8), (long)size);
        }
    }

    private void CheckDeclTag()
    {
        uint target = Word(8);
        BtfKind kind = table.Kind(target);
        int component = (int)Word(12);
        switch (kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                CheckComponent(component, table.Vlen(target));
                break;
            case BtfKind.Func:
                uint prototype = table.Word(target, 8);
                if (table.Kind(prototype) == BtfKind.FuncProto)
                    CheckComponent(component, table.Vlen(prototype));
                break;
            case BtfKind.Var or BtfKind.Typedef:
                CheckComponent(component, 0);
                break;
            default:
                Warn(BtfFindingCodes.DeclTagTarget, _position + 8, "a declaration tag on type {0}, a " + BtfKindNames.Tag(kind), target);
                break;
        }
    }

    private void CheckComponent(int component, uint count)
    {
        if (component >= 0 && component >= count)
            Warn(BtfFindingCodes.DeclTagIndex, _position + 12, "a declaration tag on component {0} of {1}", component, count);
    }

    private bool IsRegularInt(uint id)
    {
        if (table.Kind(id) != BtfKind.Int)
            return false;
        var details = new BtfInt(table.Word(id, 12));
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
            id = table.Word(id, 8);
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
                    size = Math.Min(count * table.Word(id, 8), 1UL << 40);
                    return true;
                case BtfKind.Ptr:
                    size = Math.Min(count * (uint)pointerSize, 1UL << 40);
                    return true;
                case BtfKind.Array:
                    count = Math.Min(count * table.Word(id, 20), 1UL << 31);
                    id = table.Word(id, 12);
                    break;
                case var _ when IsModifier(kind):
                    id = table.Word(id, 8);
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
