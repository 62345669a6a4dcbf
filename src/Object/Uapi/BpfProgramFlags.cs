namespace P3Ebpf.Object.Uapi;

/// <summary>Flags of program loading, <c>BPF_F_*</c> of BPF_PROG_LOAD.</summary>
[Flags]
public enum BpfProgramFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Memory access must be aligned on every architecture.</summary>
    StrictAlignment = 1 << 0,

    /// <summary>Memory access need not be aligned.</summary>
    AnyAlignment = 1 << 1,

    /// <summary>Randomises upper halves; for tests.</summary>
    TestRndHi32 = 1 << 2,

    /// <summary>Verifier keeps more states; for tests.</summary>
    TestStateFreq = 1 << 3,

    /// <summary>The program may sleep. Linux 5.10.</summary>
    Sleepable = 1 << 4,

    /// <summary>The XDP program understands packets in fragments. Linux 5.18.</summary>
    XdpHasFrags = 1 << 5,

    /// <summary>The XDP program is bound to a device without being offloaded. Linux 6.3.</summary>
    XdpDevBoundOnly = 1 << 6,

    /// <summary>A violated verifier invariant is an error; for tests. Linux 6.8.</summary>
    TestRegInvariants = 1 << 7,

    /// <summary>A token descriptor is given. Linux 6.9.</summary>
    TokenFd = 1 << 16,
}
