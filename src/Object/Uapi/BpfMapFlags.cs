namespace P3Ebpf.Object.Uapi;

/// <summary>Flags of map creation, <c>BPF_F_*</c> of BPF_MAP_CREATE.</summary>
[Flags]
public enum BpfMapFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Entries are allocated when written, not at creation.</summary>
    NoPrealloc = 1 << 0,

    /// <summary>Each CPU has its own LRU list.</summary>
    NoCommonLru = 1 << 1,

    /// <summary>Memory comes from the given NUMA node.</summary>
    NumaNode = 1 << 2,

    /// <summary>User space may not write.</summary>
    ReadOnly = 1 << 3,

    /// <summary>User space may not read.</summary>
    WriteOnly = 1 << 4,

    /// <summary>Stack traces hold build id and offset.</summary>
    StackBuildId = 1 << 5,

    /// <summary>The hash seed is zero; for tests.</summary>
    ZeroSeed = 1 << 6,

    /// <summary>Programs may not write. Linux 5.2.</summary>
    ReadOnlyProgram = 1 << 7,

    /// <summary>Programs may not read. Linux 5.2.</summary>
    WriteOnlyProgram = 1 << 8,

    /// <summary>Socket storage is copied to accepted sockets.</summary>
    Clone = 1 << 9,

    /// <summary>User space may map the values. Linux 5.5.</summary>
    Mmapable = 1 << 10,

    /// <summary>Perf events stay when the descriptor that set them is closed. Linux 5.10.</summary>
    PreserveElements = 1 << 11,

    /// <summary>An inner array may differ in its number of entries. Linux 5.10.</summary>
    InnerMap = 1 << 12,

    /// <summary>A struct_ops map is attached through a link. Linux 6.4.</summary>
    Link = 1 << 13,

    /// <summary>A path is relative to a descriptor. Linux 6.5.</summary>
    PathFd = 1 << 14,

    /// <summary>The value type is of the given BTF. Linux 6.9.</summary>
    VtypeBtfObjFd = 1 << 15,

    /// <summary>A token descriptor is given. Linux 6.9.</summary>
    TokenFd = 1 << 16,

    /// <summary>Touching an arena page that does not exist raises SIGSEGV. Linux 6.9.</summary>
    SegvOnFault = 1 << 17,

    /// <summary>Arena pointers are not converted to user addresses. Linux 6.9.</summary>
    NoUserConv = 1 << 18,

    /// <summary>A ring buffer overwrites its oldest records. Linux 6.19.</summary>
    RbOverwrite = 1 << 19,
}
