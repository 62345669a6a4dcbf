using System.Text.Json.Serialization;

namespace P3Ebpf.Cli.BtfInspect;

/// <summary>How a struct or union lies in memory, as documents have it. Offsets count from its start, at any depth.</summary>
/// <param name="Members">Its members in the order of memory.</param>
/// <param name="Holes">What no member takes, between members; within anonymous types too.</param>
/// <param name="Padding">What no member takes, at the end.</param>
/// <param name="Cachelines">How many cache lines it takes.</param>
/// <param name="Totals">Its sums.</param>
internal sealed record TypeLayout(
    IReadOnlyList<TypeLayout.Member> Members, IReadOnlyList<TypeLayout.Gap> Holes, IReadOnlyList<TypeLayout.Gap> Padding, int Cachelines, TypeLayout.Sums Totals)
{
    public static TypeLayout From(BtfStructLayout layout)
    {
        BtfSpec spec = layout.Type.Spec;
        List<Gap> holes = [];
        List<Gap> padding = [];
        var open = new Stack<List<Member>>();
        List<Member> members = [];
        foreach (BtfLayoutEntry entry in layout.Entries)
        {
            switch (entry.Kind)
            {
                case BtfLayoutEntryKind.Member:
                    members.Add(Member.From(spec, entry, null));
                    break;
                case BtfLayoutEntryKind.Open:
                    open.Push(members);
                    members = [];
                    break;
                case BtfLayoutEntryKind.Close:
                    var whole = Member.From(spec, entry, members);
                    members = open.Pop();
                    members.Add(whole);
                    break;
                case BtfLayoutEntryKind.Hole or BtfLayoutEntryKind.BitHole:
                    holes.Add(Gap.From(entry));
                    break;
                case BtfLayoutEntryKind.Padding or BtfLayoutEntryKind.BitPadding:
                    padding.Add(Gap.From(entry));
                    break;
            }
        }

        return new TypeLayout(members, holes, padding, layout.CacheLineCount, Sums.From(layout));
    }

    /// <param name="Name">Its name; empty where it has none.</param>
    /// <param name="Type">Its type, as C writes it.</param>
    /// <param name="Offset">Whole bytes.</param>
    /// <param name="BitOffset">Bits.</param>
    /// <param name="Size">Bytes of its type.</param>
    /// <param name="BitfieldSize">Bits of a bitfield; 0 where it is none.</param>
    /// <param name="Members">The members of an anonymous struct or union.</param>
    internal sealed record Member(
        string Name,
        string Type,
        ulong Offset,
        ulong BitOffset,
        uint Size,
        uint BitfieldSize,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Member>? Members)
    {
        public static Member From(BtfSpec spec, BtfLayoutEntry entry, IReadOnlyList<Member>? members) => new(
            entry.Member.Name.ToString(),
            BtfTypeNames.TypeName(spec, entry.Member.TypeId),
            entry.BitOffset / 8,
            entry.BitOffset,
            spec.TryGetSize(entry.Member.TypeId, out uint size) ? size : 0,
            entry.Member.BitfieldSize,
            members);
    }

    /// <param name="Offset">Whole bytes.</param>
    /// <param name="BitOffset">Bits.</param>
    /// <param name="Bits">How long it is.</param>
    /// <param name="Depth">How many anonymous structs and unions it lies within.</param>
    internal sealed record Gap(ulong Offset, ulong BitOffset, ulong Bits, int Depth)
    {
        public static Gap From(BtfLayoutEntry entry) => new(entry.BitOffset / 8, entry.BitOffset, entry.BitLength, entry.Depth);
    }

    /// <summary>Sums over the type's own members and gaps; an anonymous struct or union counts as a whole.</summary>
    /// <param name="Members">How many members.</param>
    /// <param name="MemberBytes">Bytes of those that are no bitfields.</param>
    /// <param name="BitfieldBits">Bits of bitfields.</param>
    /// <param name="Holes">How many holes of whole bytes.</param>
    /// <param name="HoleBytes">Their bytes.</param>
    /// <param name="BitHoles">How many gaps between bitfields.</param>
    /// <param name="BitHoleBits">Their bits.</param>
    /// <param name="PaddingBytes">Bytes after the last member.</param>
    /// <param name="PaddingBits">Bits after a last bitfield, within its unit.</param>
    /// <param name="LastCachelineBytes">Bytes in the last cache line; 0 where it is full.</param>
    internal sealed record Sums(
        int Members,
        ulong MemberBytes,
        ulong BitfieldBits,
        int Holes,
        ulong HoleBytes,
        int BitHoles,
        ulong BitHoleBits,
        ulong PaddingBytes,
        ulong PaddingBits,
        int LastCachelineBytes)
    {
        public static Sums From(BtfStructLayout layout) => new(
            layout.MemberCount,
            layout.MemberBytes,
            layout.BitfieldBits,
            layout.HoleCount,
            layout.HoleBytes,
            layout.BitHoleCount,
            layout.BitHoleBits,
            layout.PaddingBytes,
            layout.PaddingBits,
            layout.LastCacheLineBytes);
    }
}
