using System.Runtime.InteropServices;

namespace P3Ebpf.Btf;

/// <summary>A view of one type record. Cheap to copy; decodes what is asked for.</summary>
public readonly struct BtfType : IEquatable<BtfType>
{
    private readonly int _position;

    internal BtfType(BtfSpec spec, BtfTypeId id, int position)
    {
        Spec = spec;
        Id = id;
        _position = position;
    }

    /// <summary>The BTF that holds the record: of a split BTF and its bases, the one whose own type this is.</summary>
    public BtfSpec Spec { get; }

    /// <summary>The type's id.</summary>
    public BtfTypeId Id { get; }

    /// <summary>The kind; a value that <see cref="BtfKind"/> does not name marks an opaque record.</summary>
    public BtfKind Kind => IsVoid ? BtfKind.Void : BtfRecordLayout.Kind(Info);

    /// <summary>The name; empty for anonymous types and <c>void</c>.</summary>
    public BtfString Name => IsVoid ? default : Spec.GetString(NameOffset);

    /// <summary>Whether this is type 0.</summary>
    public bool IsVoid => _position < 0 || Spec is null;

    /// <summary>Bytes from the start of the BTF data to the record.</summary>
    public long Offset => _position;

    /// <summary>Bytes of the whole record.</summary>
    public int RecordLength
    {
        get
        {
            if (IsVoid)
                return 0;
            long tail = BtfRecordLayout.TailLength(Kind, Vlen);
            if (tail < 0 && Spec.TryGetLayout(Kind, out BtfLayout layout))
                tail = layout.TailLength(Vlen);
            return BtfRecordLayout.HeadLength + (int)tail;
        }
    }

    /// <summary>The record's bytes, in this machine's byte order.</summary>
    public ReadOnlySpan<byte> RecordBytes => IsVoid ? default : Spec.Bytes.Slice(_position, RecordLength);

    /// <summary>The number of members, enumerators, parameters or variables; of a function, its linkage.</summary>
    public uint Vlen => IsVoid ? 0 : BtfRecordLayout.Vlen(Info);

    /// <summary>Bit 31 of the info word, which means something else for each kind.</summary>
    public bool KindFlag => !IsVoid && BtfRecordLayout.KindFlag(Info);

    /// <summary>Bytes: the size of an integer, float, struct, union, enumeration or section. Other kinds have none of their own.</summary>
    public uint Size => IsVoid ? 0 : Word(BtfRecordLayout.SizeOrTypeOffset);

    /// <summary>The type that a pointer, typedef, qualifier, function, variable or tag refers to; of a prototype, its return type.</summary>
    /// <exception cref="InvalidOperationException">The kind refers to no type in this way.</exception>
    public BtfTypeId TargetId => BtfRecordLayout.Of(Kind).RefersToType ? new BtfTypeId(Word(BtfRecordLayout.SizeOrTypeOffset)) : throw WrongKind(nameof(TargetId));

    /// <summary>The type behind <see cref="TargetId"/>.</summary>
    public BtfType Target => Spec[TargetId];

    /// <summary>Whether this is a qualifier or a type tag.</summary>
    public bool IsModifier => Kind is BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag;

    /// <summary>Whether this is a qualifier, a type tag or a typedef.</summary>
    public bool IsModifierOrTypedef => IsModifier || Kind == BtfKind.Typedef;

    /// <summary>Whether this is a struct or a union.</summary>
    public bool IsComposite => Kind is BtfKind.Struct or BtfKind.Union;

    /// <summary>Whether this is an enumeration of either width.</summary>
    public bool IsAnyEnum => Kind is BtfKind.Enum or BtfKind.Enum64;

    /// <summary>The details of an integer.</summary>
    /// <exception cref="InvalidOperationException">Not an integer.</exception>
    public BtfInt Int => Kind == BtfKind.Int ? new BtfInt(Word(BtfRecordLayout.DetailOffset)) : throw WrongKind(nameof(Int));

    /// <summary>The details of an array.</summary>
    /// <exception cref="InvalidOperationException">Not an array.</exception>
    public BtfArray Array => Kind == BtfKind.Array ? BtfRecordLayout.ReadArray(this) : throw WrongKind(nameof(Array));

    /// <summary>The members of a struct or union.</summary>
    /// <exception cref="InvalidOperationException">Neither of them.</exception>
    public BtfMemberList Members => IsComposite ? new BtfMemberList(this) : throw WrongKind(nameof(Members));

    /// <summary>The values of an enumeration.</summary>
    /// <exception cref="InvalidOperationException">Not an enumeration.</exception>
    public BtfEnumeratorList Enumerators => IsAnyEnum ? new BtfEnumeratorList(this) : throw WrongKind(nameof(Enumerators));

    /// <summary>The parameters of a function prototype; the last one has neither name nor type where more may follow.</summary>
    /// <exception cref="InvalidOperationException">Not a function prototype.</exception>
    public BtfParameterList Parameters => Kind == BtfKind.FuncProto ? new BtfParameterList(this) : throw WrongKind(nameof(Parameters));

    /// <summary>The variables of a section.</summary>
    /// <exception cref="InvalidOperationException">Not a section.</exception>
    public BtfSectionVariableList SectionVariables => Kind == BtfKind.DataSec ? new BtfSectionVariableList(this) : throw WrongKind(nameof(SectionVariables));

    /// <summary>The linkage of a function or variable.</summary>
    /// <exception cref="InvalidOperationException">Neither of them.</exception>
    public BtfLinkage Linkage => Kind switch
    {
        BtfKind.Func => (BtfLinkage)Vlen,
        BtfKind.Var => (BtfLinkage)Word(BtfRecordLayout.DetailOffset),
        _ => throw WrongKind(nameof(Linkage)),
    };

    /// <summary>What a declaration tag is attached to: the index of a member or parameter, or -1 for the whole type.</summary>
    /// <exception cref="InvalidOperationException">Not a declaration tag.</exception>
    public int ComponentIndex => Kind == BtfKind.DeclTag ? (int)Word(BtfRecordLayout.DetailOffset) : throw WrongKind(nameof(ComponentIndex));

    /// <summary>What a forward declaration announces: <see cref="BtfKind.Struct"/> or <see cref="BtfKind.Union"/>.</summary>
    /// <exception cref="InvalidOperationException">Not a forward declaration.</exception>
    public BtfKind ForwardKind => Kind == BtfKind.Fwd ? BtfRecordLayout.ForwardKind(KindFlag) : throw WrongKind(nameof(ForwardKind));

    internal uint NameOffset => Word(BtfRecordLayout.NameOffset);

    internal int Position => _position;

    private uint Info => Word(BtfRecordLayout.InfoOffset);

    /// <summary>Whether both views show the same record.</summary>
    public static bool operator ==(BtfType left, BtfType right) => left.Equals(right);

    /// <summary>Whether the views show different records.</summary>
    public static bool operator !=(BtfType left, BtfType right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(BtfType other) => ReferenceEquals(Spec, other.Spec) && Id == other.Id;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BtfType other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Id.Value;

    /// <summary>Id, kind and name, for example <c>[7] struct task_struct</c>; of a name that no compiler would make, the beginning.</summary>
    public override string ToString() => IsVoid ? "[0] void" : $"{Id} {BtfKindNames.Keyword(this)} {(Name.IsEmpty ? "(anon)" : Utf8Text.Excerpt(Name.Bytes))}";

    internal uint Word(int offset) => MemoryMarshal.Read<uint>(Spec.Bytes.Slice(_position + offset));

    private InvalidOperationException WrongKind(string member) => new($"{this} has no {member}.");
}

/// <summary>A range of ids; enumerates without allocating.</summary>
public readonly struct BtfTypeList
{
    private readonly BtfSpec _spec;
    private readonly uint _first;
    private readonly uint _end;

    internal BtfTypeList(BtfSpec spec, uint first, uint end)
    {
        _spec = spec;
        _first = first;
        _end = end;
    }

    /// <summary>How many types.</summary>
    public int Count => (int)(_end - _first);

    /// <summary>Enumerates the types in the order of their ids.</summary>
    public Enumerator GetEnumerator() => new(_spec, _first, _end);

    /// <summary>Goes through a <see cref="BtfTypeList"/>.</summary>
    public struct Enumerator
    {
        private readonly BtfSpec _spec;
        private readonly uint _end;
        private uint _next;

        internal Enumerator(BtfSpec spec, uint first, uint end)
        {
            _spec = spec;
            _next = first;
            _end = end;
            Current = default;
        }

        /// <summary>The current type.</summary>
        public BtfType Current { get; private set; }

        /// <summary>Goes on to the next type.</summary>
        public bool MoveNext()
        {
            if (_next >= _end)
                return false;
            Current = _spec[new BtfTypeId(_next++)];
            return true;
        }
    }
}

/// <summary>The details of an array.</summary>
/// <param name="ElementTypeId">The type of an element.</param>
/// <param name="IndexTypeId">The type of the index.</param>
/// <param name="Length">How many elements; 0 for a flexible array.</param>
public readonly record struct BtfArray(BtfTypeId ElementTypeId, BtfTypeId IndexTypeId, uint Length);

/// <summary>The linkage of a function or variable.</summary>
public enum BtfLinkage
{
    /// <summary>Visible in its own file only.</summary>
    Static = 0,

    /// <summary>Visible to other files.</summary>
    Global = 1,

    /// <summary>Defined elsewhere.</summary>
    Extern = 2,
}
