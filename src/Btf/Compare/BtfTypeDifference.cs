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
        Name = (New ?? Old!.Value).Name.ToString();
    }

    /// <summary>What became of it.</summary>
    public BtfChange Change { get; }

    /// <summary>Its kind; <see cref="BtfKind.Enum"/> for enumerations of either width.</summary>
    public BtfKind Kind { get; }

    /// <summary>Its name, that of the new BTF where both have it.</summary>
    public string Name { get; }

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
