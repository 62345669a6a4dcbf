namespace P3Ebpf.Btf;

/// <summary>
/// How a struct or union lies in memory: its members with their places, what is lost between them, and where cache lines begin.
/// Anonymous structs and unions within it are expanded.
/// </summary>
/// <remarks>The sums count the type's own members and gaps, not those within anonymous ones, whose size counts as a whole.</remarks>
public sealed class BtfStructLayout
{
    /// <summary>Bytes of a cache line.</summary>
    public const int CacheLineSize = 64;

    private const ulong CacheLineBits = 8 * CacheLineSize;
    private const int MaxNesting = 64;
    private const int MinEntryLimit = 256;


    private readonly List<BtfLayoutEntry> _entries = [];
    private readonly int _entryLimit;
    private ulong _cacheLine;

    /// <summary>Computes the layout of a struct or union.</summary>
    /// <exception cref="ArgumentException">The type is neither.</exception>
    /// <exception cref="BtfFormatException">The type contains itself.</exception>
    public BtfStructLayout(BtfType type)
    {
        if (!type.IsComposite)
            throw new ArgumentException($"{type} is neither a struct nor a union.", nameof(type));
        Type = type;

        // A member has 12 bytes. Unnamed types that hold each other twice could multiply without bound.
        _entryLimit = Math.Max(MinEntryLimit, type.Spec.Data.Length / 2);
        Alignment = type.Spec.AlignmentOf(type.Id);
        Expand(type, 0, 0);
        foreach (BtfMember member in type.Members)
        {
            if (member.BitfieldSize != 0)
                BitfieldBits += member.BitfieldSize;
            else
                MemberBytes += BtfMemberOrder.BitsOf(member, type.Spec) / 8;
        }

        foreach (BtfLayoutEntry entry in _entries)
        {
            if (entry.Depth == 0)
                Count(entry);
        }
    }

    /// <summary>The struct or union.</summary>
    public BtfType Type { get; }

    /// <summary>Its size in bytes.</summary>
    public uint Size => Type.Size;

    /// <summary>Its alignment in bytes, as far as its members tell; 0 where they do not.</summary>
    public int Alignment { get; }

    /// <summary>Everything in the order of memory, the members of unions one after the other.</summary>
    public IReadOnlyList<BtfLayoutEntry> Entries => _entries;

    /// <summary>How many members it has itself.</summary>
    public int MemberCount => (int)Type.Vlen;

    /// <summary>Bytes of the members that are no bitfields; of a union, their sum all the same.</summary>
    public ulong MemberBytes { get; }

    /// <summary>Bits of the bitfields.</summary>
    public ulong BitfieldBits { get; }

    /// <summary>How many holes of whole bytes there are.</summary>
    public int HoleCount { get; private set; }

    /// <summary>Bytes of these holes.</summary>
    public ulong HoleBytes { get; private set; }

    /// <summary>How many gaps there are between bitfields.</summary>
    public int BitHoleCount { get; private set; }

    /// <summary>Bits of these gaps.</summary>
    public ulong BitHoleBits { get; private set; }

    /// <summary>Bytes after the last member.</summary>
    public ulong PaddingBytes { get; private set; }

    /// <summary>Bits after a last member that is a bitfield, within its unit.</summary>
    public ulong PaddingBits { get; private set; }

    /// <summary>How many cache lines it takes, if it begins at one.</summary>
    public int CacheLineCount => (int)(((long)Size + CacheLineSize - 1) / CacheLineSize);

    /// <summary>Bytes in the last cache line; 0 where it is full.</summary>
    public int LastCacheLineBytes => (int)(Size % CacheLineSize);

    private void Count(BtfLayoutEntry entry)
    {
        switch (entry.Kind)
        {
            case BtfLayoutEntryKind.Hole:
                HoleCount++;
                HoleBytes += entry.BitLength / 8;
                break;
            case BtfLayoutEntryKind.BitHole:
                BitHoleCount++;
                BitHoleBits += entry.BitLength;
                break;
            case BtfLayoutEntryKind.Padding:
                PaddingBytes = entry.BitLength / 8;
                break;
            case BtfLayoutEntryKind.BitPadding:
                PaddingBits = entry.BitLength;
                break;
        }
    }

    private void Expand(BtfType type, ulong start, int depth)
    {
        if (depth > MaxNesting || _entries.Count > _entryLimit)
            throw new BtfFormatException(BtfErrorCode.TooDeep, $"{type} nests too deep, or in too many places", typeId: type.Id, source: type.Spec.Source);
        ulong at = 0;
        BtfMember previous = default;
        foreach (BtfMember member in BtfMemberOrder.ByOffset(type))
        {
            if (type.Kind == BtfKind.Struct)
                AddGap(type.Spec, previous, start, at, member.BitOffset, depth, BtfLayoutEntryKind.BitHole, BtfLayoutEntryKind.Hole);
            AddMember(type.Spec, member, start + member.BitOffset, depth);
            at = Math.Max(at, member.BitOffset + BtfMemberOrder.BitsOf(member, type.Spec));
            previous = member;
        }

        AddGap(type.Spec, previous, start, at, 8UL * type.Size, depth, BtfLayoutEntryKind.BitPadding, BtfLayoutEntryKind.Padding);
    }

    private void AddMember(BtfSpec spec, BtfMember member, ulong offset, int depth)
    {
        AddCacheLine(offset, depth);
        ulong length = BtfMemberOrder.BitsOf(member, spec);
        BtfType type = Expanded(spec, member);
        if (type.IsVoid)
        {
            _entries.Add(new BtfLayoutEntry(BtfLayoutEntryKind.Member, depth, offset, length, member));
            return;
        }

        _entries.Add(new BtfLayoutEntry(BtfLayoutEntryKind.Open, depth, offset, length, member));
        Expand(type, offset, depth + 1);
        _entries.Add(new BtfLayoutEntry(BtfLayoutEntryKind.Close, depth, offset, length, member));
    }

    /// <summary>The struct or union whose members are shown in the place of a member: what it embeds, or a type that has no name to go by.</summary>
    private static BtfType Expanded(BtfSpec spec, BtfMember member)
    {
        if (member.Name.IsEmpty)
            return BtfNamedMembers.Embedded(spec, member);
        BtfType type = spec[member.TypeId];
        return type.IsComposite && type.Name.IsEmpty ? type : default;
    }

    private void AddCacheLine(ulong offset, int depth)
    {
        ulong line = offset / CacheLineBits;
        if (line <= _cacheLine)
            return;
        _cacheLine = line;
        _entries.Add(new BtfLayoutEntry(BtfLayoutEntryKind.CacheLine, depth, line * CacheLineBits, offset % CacheLineBits, default));
    }

    /// <summary>What is unused of a bitfield's unit is lost in bits; the rest of a gap, in bytes.</summary>
    private void AddGap(
        BtfSpec spec, BtfMember previous, ulong start, ulong at, ulong end, int depth, BtfLayoutEntryKind bits, BtfLayoutEntryKind bytes)
    {
        if (at >= end)
            return;
        ulong unit = previous.BitfieldSize != 0 && spec.TryGetSize(previous.TypeId, out uint size) && size != 0 ? 8UL * size : 8;
        ulong unitEnd = Math.Min(end, (at + unit - 1) / unit * unit);
        if (previous.BitfieldSize != 0 && unitEnd > at)
        {
            _entries.Add(new BtfLayoutEntry(bits, depth, start + at, unitEnd - at, default));
            at = unitEnd;
        }

        ulong whole = (end - at) / 8 * 8;
        if (whole != 0)
            _entries.Add(new BtfLayoutEntry(bytes, depth, start + at, whole, default));
        if (at + whole < end)
            _entries.Add(new BtfLayoutEntry(bits, depth, start + at + whole, end - at - whole, default));
    }
}

/// <summary>A line of a <see cref="BtfStructLayout"/>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Depth">How many anonymous structs and unions it lies within.</param>
/// <param name="BitOffset">Bits from the start of the outermost struct.</param>
/// <param name="BitLength">Bits; of a cache line, those between its beginning and the entry that follows.</param>
/// <param name="Member">The member, where it is one; its own offset counts from the struct that declares it.</param>
public readonly record struct BtfLayoutEntry(BtfLayoutEntryKind Kind, int Depth, ulong BitOffset, ulong BitLength, BtfMember Member);

/// <summary>What a line of a <see cref="BtfStructLayout"/> is.</summary>
public enum BtfLayoutEntryKind
{
    /// <summary>A member.</summary>
    Member,

    /// <summary>The beginning of a member whose own members follow: an anonymous struct or union.</summary>
    Open,

    /// <summary>The end of such a member.</summary>
    Close,

    /// <summary>Bytes that belong to no member.</summary>
    Hole,

    /// <summary>Bits between bitfields, or after one within its unit, that belong to none.</summary>
    BitHole,

    /// <summary>Bytes after the last member.</summary>
    Padding,

    /// <summary>Bits after a last member that is a bitfield, within its unit.</summary>
    BitPadding,

    /// <summary>Where a cache line begins.</summary>
    CacheLine,
}
