using System.Runtime.CompilerServices;

namespace P3Ebpf.Btf;

/// <summary>
/// Checks each record on its own: the references and names that every reader needs (errors), and what the kernel's
/// <c>*_check_meta</c> functions of kernel/bpf/btf.c refuse even in its own BTF (warnings).
/// </summary>
internal sealed class BtfTypeRules(BtfRecordTable table, BtfFindingList findings)
{
    /// <summary>KSYM_NAME_LEN since Linux 6.1.</summary>
    private const int MaxName = 512;

    /// <summary>BTF_MAX_TYPE.</summary>
    private const int MaxKernelTypes = 0xFFFFF;

    /// <summary>The bits of the info word that libbpf up to 1.7 ignores and kernels up to 7.0 refuse.</summary>
    private const uint NewInfoBits = 0x60FF0000;

    private readonly BtfImage _image = table.Image;
    private readonly long _idLimit = table.IdLimit;
    private readonly long _stringEnd = table.StringEnd;
    private int _position;
    private int _index;

    /// <summary>Records by kind.</summary>
    public int[] Kinds { get; } = new int[128];

    /// <summary>The highest type id that any record refers to.</summary>
    public uint HighestReference { get; private set; }

    /// <summary>The highest name offset.</summary>
    public uint HighestName { get; private set; }

    /// <summary>Names, and how many of them lie outside the strings, and how many start within another one.</summary>
    public int Names { get; private set; }

    public int NamesOutside { get; private set; }

    public int NamesWithin { get; private set; }

    [MethodImpl(BtfHotPath.Optimized)]
    public void Run()
    {
        for (_index = 0; _index < table.Count; _index++)
        {
            _position = table.Offset(_index);
            uint info = _image.UInt32(_position + BtfRecordLayout.InfoOffset);
            BtfKind kind = BtfRecordLayout.Kind(info);
            Kinds[(int)kind]++;
            if (kind > BtfKind.Enum64)
                CheckOpaque(kind);
            else
                CheckKnown(kind, info);
        }

        if (table.Count > MaxKernelTypes)
            findings.Warning(BtfFindingCodes.TooManyTypes, _image.TypeStart, $"{table.Count} types are more than the {MaxKernelTypes} that a kernel takes");
    }

    private void CheckOpaque(BtfKind kind)
    {
        _ = HasName(_position);
        Warn(
            BtfFindingCodes.OpaqueKind, _position,
            "kind {0} is newer than this library; the layout section tells its size, so the types after it are read, but this one cannot be used", (int)kind);
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckKnown(BtfKind kind, uint info)
    {
        uint vlen = BtfRecordLayout.Vlen(info);
        if ((info & NewInfoBits) != 0)
            Warn(BtfFindingCodes.OldEncodingOverflow, _position + BtfRecordLayout.InfoOffset, "{0} elements are more than the 65535 that libbpf up to 1.7 and kernels up to 7.0 can count", vlen);
        if (BtfRecordLayout.KindFlag(info) && !MayHaveKindFlag(kind))
            Warn(BtfFindingCodes.KindFlag, _position + BtfRecordLayout.InfoOffset, "the kind_flag of kind {0} has no meaning and must be 0", (int)kind);
        CheckName(kind);
        if (BtfRecordLayout.Of(kind).RefersToType)
            CheckId(_position + BtfRecordLayout.SizeOrTypeOffset);
        if (vlen != 0 && !HasVlen(kind))
            Warn(BtfFindingCodes.VlenUnexpected, _position + BtfRecordLayout.InfoOffset, "kind {0} has no elements, but vlen is {1}", (int)kind, vlen);

        switch (kind)
        {
            case BtfKind.Int:
                CheckInt();
                break;
            case BtfKind.Array:
                CheckArray();
                break;
            case BtfKind.Struct or BtfKind.Union:
                CheckMembers(kind == BtfKind.Union, (int)vlen, BtfRecordLayout.KindFlag(info));
                break;
            case BtfKind.Enum or BtfKind.Enum64:
                CheckEnum((int)vlen, BtfRecordLayout.Of(kind).ElementLength);
                break;
            case BtfKind.Fwd:
                if (Word(BtfRecordLayout.SizeOrTypeOffset) != 0)
                    Warn(BtfFindingCodes.FwdType, _position + BtfRecordLayout.SizeOrTypeOffset, "the type field of a forward declaration is {0} instead of 0", Word(BtfRecordLayout.SizeOrTypeOffset));
                break;
            case BtfKind.Func:
                if (vlen > 1)
                    Warn(BtfFindingCodes.FuncLinkage, _position + BtfRecordLayout.InfoOffset, "a function's linkage is {0}; kernels take 0 (static) and 1 (global)", vlen);
                break;
            case BtfKind.FuncProto:
                CheckParameters((int)vlen);
                break;
            case BtfKind.Var:
                if (Word(BtfRecordLayout.DetailOffset) > 1)
                    Warn(BtfFindingCodes.VarLinkage, _position + BtfRecordLayout.DetailOffset, "a variable's linkage is {0}; kernels take 0 (static) and 1 (global)", Word(BtfRecordLayout.DetailOffset));
                if (Word(BtfRecordLayout.SizeOrTypeOffset) == 0)
                    Warn(BtfFindingCodes.VarType, _position + BtfRecordLayout.SizeOrTypeOffset, "a variable of type void");
                break;
            case BtfKind.DataSec:
                CheckVariables((int)vlen);
                break;
            case BtfKind.Float:
                if (Word(BtfRecordLayout.SizeOrTypeOffset) is not (2 or 4 or 8 or 12 or 16))
                    Warn(BtfFindingCodes.FloatSize, _position + BtfRecordLayout.SizeOrTypeOffset, "a floating-point number of {0} bytes; 2, 4, 8, 12 and 16 are possible", Word(BtfRecordLayout.SizeOrTypeOffset));
                break;
            case BtfKind.DeclTag:
                if ((int)Word(BtfRecordLayout.DetailOffset) < -1)
                    Warn(BtfFindingCodes.DeclTagIndex, _position + BtfRecordLayout.DetailOffset, "component {0} of a declaration tag; -1 is the lowest", (int)Word(BtfRecordLayout.DetailOffset));
                break;
        }
    }

    private void CheckInt()
    {
        uint size = Word(BtfRecordLayout.SizeOrTypeOffset);
        var details = new BtfInt(Word(BtfRecordLayout.DetailOffset));
        if (details.Word >> 28 != 0 || details.Encoding is not (BtfIntEncoding.None or BtfIntEncoding.Signed or BtfIntEncoding.Char or BtfIntEncoding.Bool))
            Warn(BtfFindingCodes.IntEncoding, _position + BtfRecordLayout.DetailOffset, "0x{0:x8} is no encoding of an integer: none or one of signed, char, bool is possible", details.Word);
        int bits = details.BitOffset + details.BitCount;
        if (bits > 128)
            Warn(BtfFindingCodes.IntBits, _position + BtfRecordLayout.DetailOffset, "an integer of {0} bits at bit {1}; 128 is the end", details.BitCount, details.BitOffset);
        else if ((bits + 7) / 8 > size)
            Warn(BtfFindingCodes.IntBits, _position + BtfRecordLayout.DetailOffset, "an integer of {0} bits at bit {1} in {2} bytes", details.BitCount, details.BitOffset, size);
    }

    private void CheckArray()
    {
        CheckId(_position + BtfRecordLayout.ArrayElementOffset);
        CheckId(_position + BtfRecordLayout.ArrayIndexOffset);
        if (Word(BtfRecordLayout.SizeOrTypeOffset) != 0)
            Warn(BtfFindingCodes.ArraySize, _position + BtfRecordLayout.SizeOrTypeOffset, "the size field of an array is {0} instead of 0", Word(BtfRecordLayout.SizeOrTypeOffset));
        if (Word(BtfRecordLayout.ArrayElementOffset) == 0)
            Warn(BtfFindingCodes.ArrayElement, _position + BtfRecordLayout.ArrayElementOffset, "an array of void");
        if (Word(BtfRecordLayout.ArrayIndexOffset) == 0)
            Warn(BtfFindingCodes.ArrayIndex, _position + BtfRecordLayout.ArrayIndexOffset, "an array whose index is void");
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckMembers(bool isUnion, int count, bool hasBitfields)
    {
        uint size = Word(BtfRecordLayout.SizeOrTypeOffset);
        uint last = 0;
        int step = BtfRecordLayout.Of(BtfKind.Struct).ElementLength;
        int at = _position + BtfRecordLayout.HeadLength;
        for (int i = 0; i < count; i++, at += step)
        {
            CheckIdentifier(at + BtfRecordLayout.ElementNameOffset);
            if (CheckId(at + BtfRecordLayout.MemberTypeOffset) == 0)
                Warn(BtfFindingCodes.MemberType, at + BtfRecordLayout.MemberTypeOffset, "member {0} is of type void", i);
            uint offset = BtfRecordLayout.BitOffset(_image.UInt32(at + BtfRecordLayout.MemberPlaceOffset), hasBitfields);
            if (isUnion && offset != 0)
                Warn(BtfFindingCodes.UnionOffset, at + BtfRecordLayout.MemberPlaceOffset, "member {0} of a union starts at bit {1} instead of 0", i, offset);
            else if (offset < last)
                Warn(BtfFindingCodes.MemberOrder, at + BtfRecordLayout.MemberPlaceOffset, "member {0} starts at bit {1}, before the one ahead of it at bit {2}", i, offset, last);
            if ((offset + 7L) / 8 > size)
                Warn(BtfFindingCodes.MemberRange, at + BtfRecordLayout.MemberPlaceOffset, "member {0} starts at bit {1}, after the end of its {2} bytes", i, offset, size);
            last = offset;
        }
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckEnum(int count, int step)
    {
        if (Word(BtfRecordLayout.SizeOrTypeOffset) is not (1 or 2 or 4 or 8))
            Warn(BtfFindingCodes.EnumSize, _position + BtfRecordLayout.SizeOrTypeOffset, "an enumeration of {0} bytes; 1, 2, 4 and 8 are possible", Word(BtfRecordLayout.SizeOrTypeOffset));
        int at = _position + BtfRecordLayout.HeadLength;
        for (int i = 0; i < count; i++, at += step)
        {
            if (HasName(at) && _image.UInt32(at) == 0)
                Warn(BtfFindingCodes.NameMissing, at, "value {0} of an enumeration has no name", i);
            else
                CheckIdentifier(at, counted: true);
        }
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckParameters(int count)
    {
        int step = BtfRecordLayout.Of(BtfKind.FuncProto).ElementLength;
        int at = _position + BtfRecordLayout.HeadLength;
        for (int i = 0; i < count; i++, at += step)
        {
            CheckIdentifier(at);
            if (CheckId(at + BtfRecordLayout.ParameterTypeOffset) == 0 && (i != count - 1 || _image.UInt32(at) != 0))
                Warn(BtfFindingCodes.Parameter, at + BtfRecordLayout.ParameterTypeOffset, "parameter {0} is of type void; only a last one without a name may be: it stands for further arguments", i);
        }
    }

    private void CheckVariables(int count)
    {
        uint size = Word(BtfRecordLayout.SizeOrTypeOffset);
        if (size == 0)
            Warn(BtfFindingCodes.DataSecSize, _position + BtfRecordLayout.SizeOrTypeOffset, "a section of variables of size 0: what loads the object must fill it in");
        ulong end = 0;
        ulong sum = 0;
        ref readonly BtfRecordLayout layout = ref BtfRecordLayout.Of(BtfKind.DataSec);
        int at = _position + BtfRecordLayout.HeadLength;
        for (int i = 0; i < count; i++, at += layout.ElementLength)
        {
            if (CheckId(at + layout.ElementTypeOffset) == 0)
                Warn(BtfFindingCodes.DataSecVar, at, "entry {0} is void instead of a variable", i);
            uint offset = _image.UInt32(at + BtfRecordLayout.VariableOffsetOffset);
            uint length = _image.UInt32(at + BtfRecordLayout.VariableSizeOffset);
            if (offset < end)
                Warn(BtfFindingCodes.DataSecOrder, at + BtfRecordLayout.VariableOffsetOffset, "variable {0} starts at {1}, before the end of the one ahead of it at {2}", i, offset, (long)end);
            if (length == 0 || (ulong)offset + length > size)
                Warn(BtfFindingCodes.DataSecRange, at + BtfRecordLayout.VariableOffsetOffset, "a variable of {0} bytes at {1} in a section of {2}", length, offset, size);
            end = (ulong)offset + length;
            sum += length;
        }

        if (size != 0 && sum > size)
            Warn(BtfFindingCodes.DataSecSize, _position + BtfRecordLayout.SizeOrTypeOffset, "a section of {0} bytes holds variables of {1}", size, (long)sum);
    }

    private void CheckName(BtfKind kind)
    {
        uint name = Word(BtfRecordLayout.NameOffset);
        if (!HasName(_position))
            return;
        switch (kind)
        {
            case BtfKind.Ptr or BtfKind.Array or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.FuncProto:
                if (name != 0)
                    Warn(BtfFindingCodes.NameUnexpected, _position, "kind {0} has no name, but this one bears one", (int)kind);
                break;
            case BtfKind.Fwd or BtfKind.Typedef or BtfKind.Func or BtfKind.Var:
                if (IsEmpty(name))
                    Warn(BtfFindingCodes.NameMissing, _position, "kind {0} needs a name", (int)kind);
                else
                    CheckIdentifier(_position, counted: true);
                break;
            case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64:
                CheckIdentifier(_position, counted: true);
                break;
            case BtfKind.DeclTag or BtfKind.TypeTag:
                if (IsEmpty(name))
                    Warn(BtfFindingCodes.NameMissing, _position, "a tag needs a value");
                break;
            case BtfKind.DataSec:
                if (IsEmpty(name))
                    Warn(BtfFindingCodes.NameMissing, _position, "a section of variables needs a name");
                else if (name >= table.StringBase && !IsPrintable(Own(name)))
                    Warn(BtfFindingCodes.NameInvalid, _position, "the name of a section of variables has characters that cannot be printed, or more than 511");
                break;
        }
    }

    /// <summary>Checks that a name lies within the strings.</summary>
    [MethodImpl(BtfHotPath.Optimized)]
    private bool HasName(int at)
    {
        uint name = _image.UInt32(at);
        Names++;
        if (name > HighestName)
            HighestName = name;
        if (name < _stringEnd)
        {
            if (!table.IsPlausibleName(name))
                NamesWithin++;
            return name < table.StringBase || _image.StringStart + (name - table.StringBase) < _image.StringEnd;
        }

        NamesOutside++;
        findings.Add(
            BtfFindingCodes.StrRange, BtfFindingSeverity.Error, at, table.Id(_index), "the name at string offset {0} lies outside the {1} bytes of strings", name, _stringEnd);
        return false;
    }

    [MethodImpl(BtfHotPath.Optimized)]
    private void CheckIdentifier(int at, bool counted = false)
    {
        if (!counted && !HasName(at))
            return;
        uint name = _image.UInt32(at);

        // What a base holds was checked with the base.
        if (name == 0 || name < table.StringBase || !IsInFile(name) || IsIdentifier(Own(name)))
            return;
        Warn(BtfFindingCodes.NameInvalid, at, "the name at string offset {0} is no identifier of less than {1} characters", name, MaxName);
    }

    /// <returns>The id.</returns>
    [MethodImpl(BtfHotPath.Optimized)]
    private uint CheckId(int at)
    {
        uint id = _image.UInt32(at);
        if (id > HighestReference)
            HighestReference = id;
        if (id >= _idLimit)
        {
            findings.Add(
                BtfFindingCodes.IdRange, BtfFindingSeverity.Error, at, table.Id(_index), "type id {0} is out of range: there are {1} types", id, table.IdEnd,
                action: table.Base is null ? "if this is the BTF of a module, give its base" : null);
        }

        return id;
    }

    private bool IsInFile(uint name) => _image.StringStart + (long)(name - table.StringBase) < _image.StringEnd;

    private bool IsEmpty(uint name) => name < table.StringBase ? name == 0 : _image[_image.StringStart + (int)(name - table.StringBase)] == 0;

    private ReadOnlySpan<byte> Own(uint name) => _image.StringAt(_image.StringStart + (int)(name - table.StringBase), MaxName);

    private uint Word(int offset) => _image.UInt32(_position + offset);

    private void Warn(string code, int at, string format, long a = 0, long b = 0, long c = 0) =>
        findings.Add(code, BtfFindingSeverity.Warning, at, table.Id(_index), format, a, b, c);

    private static bool MayHaveKindFlag(BtfKind kind) => kind is BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Fwd
        or BtfKind.DeclTag or BtfKind.TypeTag;

    /// <summary>A function's is its linkage.</summary>
    private static bool HasVlen(BtfKind kind) => kind == BtfKind.Func || BtfRecordLayout.Of(kind).ElementLength != 0;

    /// <summary>The kernel's isalnum goes by Latin-1: C0 and up are letters, but for the signs of multiplication and division.</summary>
    [MethodImpl(BtfHotPath.Optimized)]
    private static bool IsIdentifier(ReadOnlySpan<byte> name)
    {
        if (name.Length >= MaxName || name.IsEmpty || (uint)(name[0] - '0') <= 9)
            return false;
        foreach (byte character in name)
        {
            if ((uint)((character | 0x20) - 'a') > 25 && (uint)(character - '0') > 9 && character is not ((byte)'_' or (byte)'.')
                && character is < 0xC0 or 0xD7 or 0xF7)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPrintable(ReadOnlySpan<byte> name)
    {
        foreach (byte character in name)
        {
            // The kernel's isprint goes by Latin-1.
            if (character is < 0x20 or (>= 0x7F and < 0xA0))
                return false;
        }

        return name.Length < MaxName;
    }
}
