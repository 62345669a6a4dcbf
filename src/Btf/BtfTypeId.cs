using System.Globalization;

namespace P3Ebpf.Btf;

/// <summary>The number of a type within a BTF and its bases. Ids are implicit: the first record of a base BTF is type 1.</summary>
/// <param name="Value">The number; 0 is <c>void</c>.</param>
public readonly record struct BtfTypeId(uint Value) : IComparable<BtfTypeId>
{
    /// <summary>Type id 0.</summary>
    public static BtfTypeId Void => default;

    /// <summary>Whether this is type id 0.</summary>
    public bool IsVoid => Value == 0;

    /// <inheritdoc/>
    public int CompareTo(BtfTypeId other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(BtfTypeId left, BtfTypeId right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(BtfTypeId left, BtfTypeId right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(BtfTypeId left, BtfTypeId right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(BtfTypeId left, BtfTypeId right) => left.Value >= right.Value;

    /// <summary>The id in the notation of bpftool, for example <c>[42]</c>.</summary>
    public override string ToString() => "[" + Value.ToString(CultureInfo.InvariantCulture) + "]";
}
