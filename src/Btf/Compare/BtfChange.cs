namespace P3Ebpf.Btf;

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
