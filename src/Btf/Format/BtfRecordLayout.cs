namespace P3Ebpf.Btf;

/// <summary>
/// Where everything stands in a type record: the head (<c>struct btf_type</c>), the fixed part that some kinds have after it, and as
/// many elements as the head counts. All that reads, checks or writes records asks here.
/// </summary>
/// <remarks>Rules: include/uapi/linux/btf.h. Offsets are bytes from the start of the record, or of the element.</remarks>
internal readonly struct BtfRecordLayout
{
    public const int NameOffset = 0;
    public const int InfoOffset = 4;

    /// <summary>A size in bytes or a type id, whichever the kind has.</summary>
    public const int SizeOrTypeOffset = 8;

    public const int HeadLength = 12;
    public const int HeadWords = HeadLength / 4;

    /// <summary>What an integer, a variable or a declaration tag has after its head: encoding, linkage, component.</summary>
    public const int DetailOffset = HeadLength;

    public const int ArrayElementOffset = HeadLength;
    public const int ArrayIndexOffset = HeadLength + 4;
    public const int ArrayLengthOffset = HeadLength + 8;

    /// <summary>The name of an element that has one.</summary>
    public const int ElementNameOffset = 0;

    public const int MemberTypeOffset = 4;
    public const int MemberPlaceOffset = 8;
    public const int ParameterTypeOffset = 4;
    public const int VariableOffsetOffset = 4;
    public const int VariableSizeOffset = 8;

    /// <summary>The most elements of a type.</summary>
    public const uint MaxVlen = 0xFFFFFF;

    /// <summary>The highest bit offset of a member where bitfields share its word.</summary>
    public const uint MaxSharedBitOffset = 0xFFFFFF;

    private const int EnumeratorValueOffset = 4;
    private const int EnumeratorHighOffset = 8;
    private const int NoType = -1;

    private static readonly BtfRecordLayout[] Kinds = DescribeKinds();

    private readonly byte _fixedLength;

    private BtfRecordLayout(
        bool refersToType = false, int fixedLength = 0, int fixedTypes = 0, int element = 0, bool named = false, int type = NoType, bool isKnown = true)
    {
        IsKnown = isKnown;
        _fixedLength = (byte)fixedLength;
        RefersToType = refersToType;
        FixedTypes = fixedTypes;
        ElementLength = element;
        HasElementNames = named;
        ElementTypeOffset = type;
    }

    /// <summary>Whether this library knows the kind.</summary>
    public bool IsKnown { get; }

    /// <summary>Whether the third word of the head is a type id rather than a size.</summary>
    public bool RefersToType { get; }

    /// <summary>How many type ids the fixed part begins with.</summary>
    public int FixedTypes { get; }

    /// <summary>Bytes of an element; 0 where the kind has none.</summary>
    public int ElementLength { get; }

    /// <summary>Whether each element begins with a name.</summary>
    public bool HasElementNames { get; }

    /// <summary>Where an element has its type id; negative where it has none.</summary>
    public int ElementTypeOffset { get; }

    /// <summary>The layout of a kind, which may be one that this library does not know.</summary>
    public static ref readonly BtfRecordLayout Of(BtfKind kind) => ref Kinds[(int)kind];

    /// <summary>Bits 24..30; older readers looked at 24..28 only.</summary>
    public static BtfKind Kind(uint info) => (BtfKind)((info >> 24) & 0x7F);

    /// <summary>Bits 0..23; older readers looked at 0..15 only.</summary>
    public static uint Vlen(uint info) => info & MaxVlen;

    /// <summary>Bit 31, which means something else for each kind.</summary>
    public static bool KindFlag(uint info) => info >> 31 != 0;

    /// <summary>What a forward declaration with this kind flag announces.</summary>
    public static BtfKind ForwardKind(bool flag) => flag ? BtfKind.Union : BtfKind.Struct;

    public static uint Info(BtfKind kind, int vlen, bool flag) => ((uint)kind << 24) | (uint)vlen | (flag ? 1u << 31 : 0);

    /// <summary>The bit offset of a member, by whether the struct's kind flag says that bitfield sizes share the word.</summary>
    public static uint BitOffset(uint place, bool flag) => flag ? place & MaxSharedBitOffset : place;

    /// <summary>The bits of a bitfield; 0 where the member is none.</summary>
    public static uint BitfieldSize(uint place, bool flag) => flag ? place >> 24 : 0;

    /// <summary>Bytes after the head of a record of a kind that this library knows, or -1.</summary>
    public static long TailLength(BtfKind kind, uint vlen)
    {
        ref readonly BtfRecordLayout layout = ref Of(kind);
        return layout.IsKnown ? layout.TailLength(vlen) : -1;
    }

    /// <summary>Bytes after the head of a record of a known kind.</summary>
    public long TailLength(uint vlen) => _fixedLength + ((long)ElementLength * vlen);

    /// <summary>Where an element of a known kind starts in its record.</summary>
    public int ElementOffset(int index) => HeadLength + (index * ElementLength);

    /// <summary>How many type ids a record has, that of its head included.</summary>
    public int TypeIdCount(uint vlen) => (RefersToType ? 1 : 0) + FixedTypes + (ElementTypeOffset < 0 ? 0 : (int)vlen);

    /// <summary>Where a record has its type ids, in ascending order.</summary>
    public int TypeIdOffset(int index)
    {
        if (RefersToType && index-- == 0)
            return SizeOrTypeOffset;
        return FixedTypes != 0 ? HeadLength + (index * 4) : ElementOffset(index) + ElementTypeOffset;
    }

    /// <summary>Words of the whole record of a known kind, or of one that is all zeros.</summary>
    public static int WordCount(uint info) => HeadWords + (int)(TailLength(Kind(info), Vlen(info)) / 4);

    /// <summary>A word of a record or an element.</summary>
    public static ref uint Word(Span<uint> words, int offset) => ref words[offset / 4];

    /// <inheritdoc cref="Word(Span{uint}, int)"/>
    public static uint Word(ReadOnlySpan<uint> words, int offset) => words[offset / 4];

    /// <summary>Replaces every type id in a record.</summary>
    public static void MapTypeIds(Span<uint> record, Func<uint, uint> map)
    {
        uint info = Word(record, InfoOffset);
        ref readonly BtfRecordLayout layout = ref Of(Kind(info));
        int count = layout.TypeIdCount(Vlen(info));
        for (int i = 0; i < count; i++)
        {
            ref uint type = ref Word(record, layout.TypeIdOffset(i));
            type = map(type);
        }
    }

    /// <summary>Replaces every string offset in a record.</summary>
    public static void MapNames(Span<uint> record, Func<uint, uint> map)
    {
        Word(record, NameOffset) = map(Word(record, NameOffset));
        uint info = Word(record, InfoOffset);
        ref readonly BtfRecordLayout layout = ref Of(Kind(info));
        for (int i = 0; layout.HasElementNames && i < (int)Vlen(info); i++)
        {
            ref uint name = ref Word(record, layout.ElementOffset(i) + ElementNameOffset);
            name = map(name);
        }
    }

    public static BtfArray ReadArray(BtfType type) =>
        new(new BtfTypeId(type.Word(ArrayElementOffset)), new BtfTypeId(type.Word(ArrayIndexOffset)), type.Word(ArrayLengthOffset));

    public static void WriteArray(Span<uint> record, BtfArray array)
    {
        Word(record, ArrayElementOffset) = array.ElementTypeId.Value;
        Word(record, ArrayIndexOffset) = array.IndexTypeId.Value;
        Word(record, ArrayLengthOffset) = array.Length;
    }

    public static BtfMember ReadMember(BtfType type, int index)
    {
        int at = Of(BtfKind.Struct).ElementOffset(index);
        uint place = type.Word(at + MemberPlaceOffset);
        bool flag = type.KindFlag;
        return new BtfMember(ReadName(type, at), new BtfTypeId(type.Word(at + MemberTypeOffset)), BitOffset(place, flag), BitfieldSize(place, flag));
    }

    public static void WriteMember(Span<uint> record, int index, uint name, BtfMember member)
    {
        Span<uint> element = Element(record, index);
        Word(element, ElementNameOffset) = name;
        Word(element, MemberTypeOffset) = member.TypeId.Value;
        Word(element, MemberPlaceOffset) = member.BitOffset | (member.BitfieldSize << 24);
    }

    public static BtfParameter ReadParameter(BtfType type, int index)
    {
        int at = Of(BtfKind.FuncProto).ElementOffset(index);
        return new BtfParameter(ReadName(type, at), new BtfTypeId(type.Word(at + ParameterTypeOffset)));
    }

    public static void WriteParameter(Span<uint> record, int index, uint name, BtfParameter parameter)
    {
        Span<uint> element = Element(record, index);
        Word(element, ElementNameOffset) = name;
        Word(element, ParameterTypeOffset) = parameter.TypeId.Value;
    }

    public static BtfEnumerator ReadEnumerator(BtfType type, int index)
    {
        bool isWide = type.Kind == BtfKind.Enum64;
        int at = Of(type.Kind).ElementOffset(index);
        uint low = type.Word(at + EnumeratorValueOffset);
        long bits = isWide ? (long)(((ulong)type.Word(at + EnumeratorHighOffset) << 32) | low) : (int)low;
        return new BtfEnumerator(ReadName(type, at), bits, type.KindFlag, isWide);
    }

    public static void WriteEnumerator(Span<uint> record, int index, uint name, long bits)
    {
        Span<uint> element = Element(record, index);
        Word(element, ElementNameOffset) = name;
        Word(element, EnumeratorValueOffset) = (uint)bits;
        if (Kind(Word(record, InfoOffset)) == BtfKind.Enum64)
            Word(element, EnumeratorHighOffset) = (uint)(bits >> 32);
    }

    public static BtfSectionVariable ReadVariable(BtfType type, int index)
    {
        ref readonly BtfRecordLayout layout = ref Of(BtfKind.DataSec);
        int at = layout.ElementOffset(index);
        return new BtfSectionVariable(
            new BtfTypeId(type.Word(at + layout.ElementTypeOffset)), type.Word(at + VariableOffsetOffset), type.Word(at + VariableSizeOffset));
    }

    public static void WriteVariable(Span<uint> record, int index, BtfSectionVariable variable)
    {
        Span<uint> element = Element(record, index);
        Word(element, Of(BtfKind.DataSec).ElementTypeOffset) = variable.TypeId.Value;
        Word(element, VariableOffsetOffset) = variable.Offset;
        Word(element, VariableSizeOffset) = variable.Size;
    }

    private static BtfString ReadName(BtfType type, int element) => type.Spec.GetString(type.Word(element + ElementNameOffset));

    private static Span<uint> Element(Span<uint> record, int index)
    {
        ref readonly BtfRecordLayout layout = ref Of(Kind(Word(record, InfoOffset)));
        return record.Slice(layout.ElementOffset(index) / 4, layout.ElementLength / 4);
    }

    private static BtfRecordLayout[] DescribeKinds()
    {
        var plain = new BtfRecordLayout(refersToType: false);
        var reference = new BtfRecordLayout(refersToType: true);
        var members = new BtfRecordLayout(element: 12, named: true, type: MemberTypeOffset);

        // The info word has seven bits for the kind; those that are not named here stay unknown.
        var kinds = new BtfRecordLayout[128];
        for (int i = 0; i < kinds.Length; i++)
            kinds[i] = new BtfRecordLayout(isKnown: false);
        kinds[(int)BtfKind.Int] = new BtfRecordLayout(fixedLength: 4);
        kinds[(int)BtfKind.Ptr] = reference;
        kinds[(int)BtfKind.Array] = new BtfRecordLayout(fixedLength: 12, fixedTypes: 2);
        kinds[(int)BtfKind.Struct] = members;
        kinds[(int)BtfKind.Union] = members;
        kinds[(int)BtfKind.Enum] = new BtfRecordLayout(element: 8, named: true);
        kinds[(int)BtfKind.Fwd] = plain;
        kinds[(int)BtfKind.Typedef] = reference;
        kinds[(int)BtfKind.Volatile] = reference;
        kinds[(int)BtfKind.Const] = reference;
        kinds[(int)BtfKind.Restrict] = reference;
        kinds[(int)BtfKind.Func] = reference;
        kinds[(int)BtfKind.FuncProto] = new BtfRecordLayout(refersToType: true, element: 8, named: true, type: ParameterTypeOffset);
        kinds[(int)BtfKind.Var] = new BtfRecordLayout(refersToType: true, fixedLength: 4);
        kinds[(int)BtfKind.DataSec] = new BtfRecordLayout(element: 12, type: 0);
        kinds[(int)BtfKind.Float] = plain;
        kinds[(int)BtfKind.DeclTag] = new BtfRecordLayout(refersToType: true, fixedLength: 4);
        kinds[(int)BtfKind.TypeTag] = reference;
        kinds[(int)BtfKind.Enum64] = new BtfRecordLayout(element: 12, named: true);
        return kinds;
    }
}
