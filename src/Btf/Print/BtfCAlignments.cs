namespace P3Ebpf.Btf;

/// <summary>How the C types that are printed would be aligned by a compiler, and which of them must be packed to come out right.</summary>
/// <remarks>
/// BTF does not say for which machine it is. Scalars longer than a pointer are aligned to their size on some machines and to the
/// pointer size on others (64-bit numbers on i386 and arm, 128-bit ones on s390x and x86-64), so an alignment is a range, and layout
/// is written down in a way that comes out right at both ends of it.
/// </remarks>
internal sealed class BtfCAlignments
{
    private const int MaxSteps = 1024;
    private const int MaxNesting = 128;

    private readonly BtfSpec _spec;
    private readonly Alignment[] _composites;
    private int _nesting;

    public BtfCAlignments(BtfSpec spec)
    {
        _spec = spec;
        _composites = new Alignment[spec.TypeCount];
    }

    /// <summary>An alignment in bytes.</summary>
    /// <param name="Least">What every machine guarantees.</param>
    /// <param name="Most">What some machine asks for.</param>
    /// <param name="IsPacked">Whether the struct or union needs <c>__attribute__((packed))</c>.</param>
    public readonly record struct Alignment(byte Least, byte Most, bool IsPacked = false)
    {
        /// <summary>Whether the next member after <paramref name="bit"/> would come to lie at <paramref name="wanted"/> everywhere.</summary>
        public bool Places(ulong bit, ulong wanted) => RoundUp(bit, Least) == wanted && RoundUp(bit, Most) == wanted;

        private static ulong RoundUp(ulong bit, byte alignment) => (bit + (8UL * alignment) - 1) / (8UL * alignment) * (8UL * alignment);
    }

    /// <exception cref="BtfFormatException">The type contains itself.</exception>
    public Alignment Of(BtfTypeId id)
    {
        BtfType type = _spec[id];
        for (int step = 0; step < MaxSteps; step++)
        {
            switch (type.Kind)
            {
                case BtfKind.Array:
                    type = _spec[type.Array.ElementTypeId];
                    continue;
                case BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                    type = _spec[type.TargetId];
                    continue;
                case BtfKind.Ptr:
                    return new Alignment((byte)_spec.PointerSize, (byte)_spec.PointerSize);
                case BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                    return OfScalar(type.Size);
                case BtfKind.Struct or BtfKind.Union:
                    return OfComposite(type);
                default:
                    return new Alignment(1, 1);
            }
        }

        throw ContainsItself(id);
    }

    private Alignment OfScalar(uint size)
    {
        uint natural = Math.Min(size & (~size + 1), 16);
        return natural == 0 ? new Alignment(1, 1) : new Alignment((byte)Math.Min(natural, (uint)_spec.PointerSize), (byte)natural);
    }

    private Alignment OfComposite(BtfType type)
    {
        const byte Busy = byte.MaxValue;
        ref Alignment known = ref _composites[type.Id.Value];
        if (known.Most == Busy || ++_nesting > MaxNesting)
            throw ContainsItself(type.Id);
        if (known.Most == 0)
        {
            known = new Alignment(1, Busy);
            known = Compute(type);
        }

        _nesting--;
        return known;
    }

    private Alignment Compute(BtfType type)
    {
        byte least = 1, most = 1;
        bool isPacked = false;
        foreach (BtfMember member in type.Members)
        {
            Alignment alignment = Of(member.TypeId);
            least = Math.Max(least, alignment.Least);
            most = Math.Max(most, alignment.Most);
            isPacked |= member.BitfieldSize == 0 ? member.BitOffset % (8u * alignment.Most) != 0 : StraddlesUnit(member);
        }

        isPacked |= type.Size % most != 0;
        return isPacked ? new Alignment(1, 1, true) : new Alignment(least, most);
    }

    /// <summary>An unpacked bitfield never crosses from one unit of its type to the next.</summary>
    private bool StraddlesUnit(BtfMember member) =>
        _spec.TryGetSize(member.TypeId, out uint size) && size != 0 && (member.BitOffset % (8UL * size)) + member.BitfieldSize > 8UL * size;

    private BtfFormatException ContainsItself(BtfTypeId id) =>
        new(BtfErrorCode.TooDeep, $"{_spec[id]} contains itself, or nests too deep", typeId: id, source: _spec.Source);
}
