namespace P3Ebpf.Btf;

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
