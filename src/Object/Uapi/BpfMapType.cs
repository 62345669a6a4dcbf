namespace P3Ebpf.Object.Uapi;

/// <summary>The kinds of maps, <c>enum bpf_map_type</c>.</summary>
public enum BpfMapType
{
    /// <summary>No type.</summary>
    Unspec = 0,

    /// <summary>Hash table.</summary>
    Hash = 1,

    /// <summary>Array indexed by a 32-bit number; entries always exist.</summary>
    Array = 2,

    /// <summary>Programs, as targets of tail calls.</summary>
    ProgArray = 3,

    /// <summary>Perf events, one slot for each CPU.</summary>
    PerfEventArray = 4,

    /// <summary>Hash table with one value for each CPU. Linux 4.6.</summary>
    PercpuHash = 5,

    /// <summary>Array with one value for each CPU. Linux 4.6.</summary>
    PercpuArray = 6,

    /// <summary>Stack traces by id. Linux 4.6.</summary>
    StackTrace = 7,

    /// <summary>Control groups. Linux 4.8.</summary>
    CgroupArray = 8,

    /// <summary>Hash table that drops the least recently used entry when full. Linux 4.10.</summary>
    LruHash = 9,

    /// <summary>The same with one value for each CPU. Linux 4.10.</summary>
    LruPercpuHash = 10,

    /// <summary>Longest prefix match. Linux 4.11.</summary>
    LpmTrie = 11,

    /// <summary>Array of maps. Linux 4.12.</summary>
    ArrayOfMaps = 12,

    /// <summary>Hash table of maps. Linux 4.12.</summary>
    HashOfMaps = 13,

    /// <summary>Network devices for XDP redirection. Linux 4.14.</summary>
    Devmap = 14,

    /// <summary>Sockets. Linux 4.14.</summary>
    Sockmap = 15,

    /// <summary>CPUs for XDP redirection. Linux 4.15.</summary>
    Cpumap = 16,

    /// <summary>AF_XDP sockets. Linux 4.18.</summary>
    Xskmap = 17,

    /// <summary>Sockets by key. Linux 4.18.</summary>
    Sockhash = 18,

    /// <summary>Storage for a program attached to a control group; superseded by <see cref="CgrpStorage"/>. Linux 4.19.</summary>
    CgroupStorage = 19,

    /// <summary>Sockets of a reuseport group. Linux 4.19.</summary>
    ReuseportSockarray = 20,

    /// <summary>The same for each CPU; superseded. Linux 4.20.</summary>
    PercpuCgroupStorage = 21,

    /// <summary>First in, first out; no key. Linux 4.20.</summary>
    Queue = 22,

    /// <summary>Last in, first out; no key. Linux 4.20.</summary>
    Stack = 23,

    /// <summary>Storage that belongs to a socket. Linux 5.2.</summary>
    SkStorage = 24,

    /// <summary>Network devices by key. Linux 5.4.</summary>
    DevmapHash = 25,

    /// <summary>A kernel structure of functions implemented by programs. Linux 5.6.</summary>
    StructOps = 26,

    /// <summary>Ring buffer from kernel to user space, shared by all CPUs. Linux 5.8.</summary>
    Ringbuf = 27,

    /// <summary>Storage that belongs to an inode. Linux 5.10.</summary>
    InodeStorage = 28,

    /// <summary>Storage that belongs to a task. Linux 5.11.</summary>
    TaskStorage = 29,

    /// <summary>Bloom filter; no key. Linux 5.16.</summary>
    BloomFilter = 30,

    /// <summary>Ring buffer from user space to the kernel. Linux 6.1.</summary>
    UserRingbuf = 31,

    /// <summary>Storage that belongs to a control group. Linux 6.2.</summary>
    CgrpStorage = 32,

    /// <summary>Sparse memory shared by program and user space. Linux 6.9.</summary>
    Arena = 33,

    /// <summary>Addresses of instructions, for indirect jumps. Linux 6.19.</summary>
    InsnArray = 34,

    /// <summary>Hash table that grows with its content. Linux 7.2.</summary>
    Rhash = 35,
}
