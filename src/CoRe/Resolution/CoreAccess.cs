using System.Globalization;
using System.Text;
using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>What a relocation accesses in one BTF: a type, an enumerator, or a field with all steps that lead to it (libbpf: <c>struct bpf_core_spec</c>).</summary>
/// <remarks>One may serve for many accesses, one after the other.</remarks>
internal sealed class CoreAccess
{
    /// <summary>The most steps an access may have, anonymous members counted (BPF_CORE_SPEC_MAX_LEN).</summary>
    public const int MaxLength = 64;

    private readonly List<int> _indexes = [];
    private readonly List<CoreAccessor> _accessors = [];

    public BtfSpec Btf { get; private set; } = null!;

    public BtfTypeId RootId { get; private set; }

    public CoreRelocationKind Kind { get; private set; }

    /// <summary>The steps that have a name or an index in C.</summary>
    public List<CoreAccessor> Accessors => _accessors;

    /// <summary>The numbers of the access string: every step, anonymous members too.</summary>
    public List<int> Indexes => _indexes;

    /// <summary>Bits from the start of the root; wraps at 32 bits as libbpf's does.</summary>
    public uint BitOffset { get; private set; }

    /// <summary>The byte order of this BTF; shifts depend on it.</summary>
    public bool IsLittleEndian => Btf.Header.ByteOrder == BtfByteOrder.LittleEndian;

    public bool IsFull => _indexes.Count == MaxLength;

    /// <summary>The last step.</summary>
    public CoreAccessor Last => _accessors[_accessors.Count - 1];

    public BtfType Root => Btf[RootId];

    /// <summary>Begins at a root.</summary>
    public void Start(BtfSpec btf, BtfTypeId rootId, CoreRelocationKind kind)
    {
        Btf = btf;
        RootId = rootId;
        Kind = kind;
        BitOffset = 0;
        _indexes.Clear();
        _accessors.Clear();
    }

    public void AddIndex(int index) => _indexes.Add(index);

    public void AddAccessor(BtfTypeId typeId, int index, bool isMember) => _accessors.Add(new CoreAccessor(typeId, index, isMember));

    public void AddBits(uint bits) => BitOffset = unchecked(BitOffset + bits);

    /// <summary>Moves by whole elements.</summary>
    public void AddElements(int index, uint elementSize) => AddBits(unchecked((uint)((long)index * elementSize * 8)));

    /// <summary>Takes back the last raw step, a member that turned out not to lead to the field.</summary>
    public void RemoveIndex(uint bits)
    {
        _indexes.RemoveAt(_indexes.Count - 1);
        BitOffset = unchecked(BitOffset - bits);
    }

    /// <summary>The member that an accessor stands for.</summary>
    public BtfMember Member(CoreAccessor accessor) => Btf[accessor.TypeId].Members[accessor.Index];

    /// <summary>
    /// Whether an array may be indexed beyond its end: one of length 0 that was reached as the last member of its struct.
    /// </summary>
    public bool IsFlexible(BtfArray array) =>
        array.Length == 0 && Last.IsMember && Last.Index == Btf[Last.TypeId].Members.Count - 1;

    /// <summary>Kind and name of the root, for example <c>struct task_struct</c>.</summary>
    public string RootText() => Named(Root);

    /// <summary>The access as C writes it, for example <c>struct task_struct.__state (0:3 @ offset 24)</c> (libbpf: <c>bpf_core_format_spec</c>).</summary>
    public override string ToString()
    {
        StringBuilder text = new StringBuilder().Append(RootText());
        if (CoreKinds.IsEnumBased(Kind))
            AppendEnumerator(text);
        else if (CoreKinds.IsFieldBased(Kind))
            AppendField(text);
        return text.ToString();
    }

    /// <summary>The same with the root's id in front.</summary>
    public string ToStringWithId() => $"{RootId} {this}";

    /// <summary>The first <paramref name="count"/> accessors after the root, for example <c>.se.vruntime</c>.</summary>
    public void AppendPath(StringBuilder text, int count)
    {
        for (int i = 0; i < count; i++)
        {
            CoreAccessor accessor = _accessors[i];
            if (accessor.IsMember)
                _ = text.Append('.').Append(Text(Member(accessor).Name));
            else if (i > 0 || accessor.Index > 0)
                _ = text.Append('[').Append(accessor.Index.ToString(CultureInfo.InvariantCulture)).Append(']');
        }
    }

    /// <summary>A type as C names it: keyword and name, or for numbers and <c>void</c> the name alone.</summary>
    public static string Named(BtfType type) => type.Kind switch
    {
        BtfKind.Void => "void",
        BtfKind.Int or BtfKind.Float => Text(type.Name),
        BtfKind.Ptr => "a pointer",
        BtfKind.Array => "an array",
        BtfKind.FuncProto => "a function prototype",
        _ => $"{BtfKindNames.Keyword(type)} {(type.Name.IsEmpty ? "(anon)" : Text(type.Name))}",
    };

    /// <summary>A name, or the string of an access, for a message.</summary>
    public static string Text(BtfString name) => Utf8Text.Excerpt(name.Bytes);

    private void AppendEnumerator(StringBuilder text)
    {
        BtfEnumerator enumerator = Btf[Last.TypeId].Enumerators[Last.Index];
        string value = enumerator is { Is64Bit: true, IsSigned: false }
            ? ((ulong)enumerator.Bits).ToString(CultureInfo.InvariantCulture)
            : enumerator.Value.ToString(CultureInfo.InvariantCulture);
        _ = text.Append("::").Append(Text(enumerator.Name)).Append(" = ").Append(value);
    }

    private void AppendField(StringBuilder text)
    {
        AppendPath(text, _accessors.Count);
        _ = text.Append(" (").Append(string.Join(":", _indexes)).Append(" @ offset ").Append((BitOffset / 8).ToString(CultureInfo.InvariantCulture));
        if (BitOffset % 8 != 0)
            _ = text.Append('.').Append((BitOffset % 8).ToString(CultureInfo.InvariantCulture));
        _ = text.Append(')');
    }
}

/// <summary>A step of an access that means something in C: the root, a named member, an array's element (libbpf: <c>struct bpf_core_accessor</c>).</summary>
/// <param name="TypeId">Of a member, the struct or union that holds it; otherwise the type of the element. Stripped of typedefs and qualifiers.</param>
/// <param name="Index">The number of the member or element.</param>
/// <param name="IsMember">Whether it is a named member.</param>
internal readonly record struct CoreAccessor(BtfTypeId TypeId, int Index, bool IsMember);
