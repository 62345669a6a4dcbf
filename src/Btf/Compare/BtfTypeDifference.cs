namespace P3Ebpf.Btf;

/// <summary>A type that differs between two BTFs.</summary>
public sealed class BtfTypeDifference
{
    internal BtfTypeDifference(BtfChange change, BtfKind kind, BtfType old, BtfType now)
    {
        Change = change;
        Kind = kind;
        Old = change == BtfChange.Added ? null : old;
        New = change == BtfChange.Removed ? null : now;
    }

    /// <summary>What became of it.</summary>
    public BtfChange Change { get; }

    /// <summary>Its kind; <see cref="BtfKind.Enum"/> for enumerations of either width.</summary>
    public BtfKind Kind { get; }

    /// <summary>Its name, that of the new BTF where both have it.</summary>
    public string Name => Utf8Name.ToString();

    internal BtfString Utf8Name => (New ?? Old!.Value).Name;

    /// <summary>As it was; <see langword="null"/> where it was added.</summary>
    public BtfType? Old { get; }

    /// <summary>As it is; <see langword="null"/> where it was removed.</summary>
    public BtfType? New { get; }

    /// <summary>
    /// What it was in C's words: the prototype of a function, the type that a typedef or variable refers to, the reading of an
    /// integer; otherwise <see langword="null"/>.
    /// </summary>
    public string? OldText { get; internal init; }

    /// <summary>What it is in C's words, as <see cref="OldText"/>.</summary>
    public string? NewText { get; internal init; }

    /// <summary>Bytes that it had, where it has a size of its own or stands for an unnamed struct or union.</summary>
    public uint? OldSize { get; internal init; }

    /// <summary>Bytes that it has, as <see cref="OldSize"/>.</summary>
    public uint? NewSize { get; internal init; }

    /// <summary>The fields of a struct or union that differ, in the order of the new one, the removed ones last.</summary>
    public IReadOnlyList<BtfFieldDifference> Fields { get; internal init; } = [];

    /// <summary>The values of an enumeration that differ, in the order of the new one, the removed ones last.</summary>
    public IReadOnlyList<BtfEnumeratorDifference> Enumerators { get; internal init; } = [];
}

/// <summary>What became of a type between two BTFs.</summary>
public enum BtfChange
{
    /// <summary>Only the new one has it.</summary>
    Added,

    /// <summary>Only the old one has it.</summary>
    Removed,

    /// <summary>Both have it, and it differs.</summary>
    Changed,
}

/// <summary>A field that differs between two BTFs.</summary>
/// <param name="Changes">What became of it.</param>
/// <param name="Old">As it was; <see langword="null"/> where it was added.</param>
/// <param name="New">As it is; <see langword="null"/> where it was removed.</param>
public sealed record BtfFieldDifference(BtfFieldChanges Changes, BtfField? Old, BtfField? New);

/// <summary>A field of a struct or union, seen through anonymous members.</summary>
/// <param name="Path">Its name; for a field of an unnamed type below, <c>outer.inner</c>, or <c>outer[].inner</c> in an array.</param>
/// <param name="BitOffset">Bits from the start of the struct; of a path with several names, from the start of the one before the last.</param>
/// <param name="BitSize">Bits; 0 where the type has no size.</param>
/// <param name="Type">The type as C writes it.</param>
public sealed record BtfField(string Path, uint BitOffset, ulong BitSize, string Type);

/// <summary>What became of a field between two BTFs; a field can be moved, resized and retyped at once.</summary>
[Flags]
public enum BtfFieldChanges
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Only the new struct has it.</summary>
    Added = 1 << 0,

    /// <summary>Only the old struct has it.</summary>
    Removed = 1 << 1,

    /// <summary>Another name for a field of the same type at the same place.</summary>
    Renamed = 1 << 2,

    /// <summary>At another offset.</summary>
    Moved = 1 << 3,

    /// <summary>Of another size.</summary>
    Resized = 1 << 4,

    /// <summary>Of another type.</summary>
    Retyped = 1 << 5,
}

/// <summary>A value of an enumeration that differs between two BTFs.</summary>
/// <param name="Old">As it was; <see langword="null"/> where it was added.</param>
/// <param name="New">As it is; <see langword="null"/> where it was removed.</param>
public sealed record BtfEnumeratorDifference(BtfEnumerator? Old, BtfEnumerator? New);
