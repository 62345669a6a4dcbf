namespace P3Ebpf.Btf;

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
