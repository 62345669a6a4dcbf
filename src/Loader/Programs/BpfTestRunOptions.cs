namespace P3Ebpf.Loader.Programs;

/// <summary>How <see cref="BpfProgram.TestRun(BpfTestRunOptions, ReadOnlySpan{byte}, ReadOnlySpan{byte}, Span{byte}, Span{byte})"/> runs a program.</summary>
public sealed record BpfTestRunOptions
{
    /// <summary>How often to run; 0 for kinds that run once and take no number. With <see cref="BpfTestRunFlags.XdpLiveFrames"/>, how many packets to send.</summary>
    public int Repeat { get; init; }

    /// <summary>What is unlike the common way.</summary>
    public BpfTestRunFlags Flags { get; init; }

    /// <summary>The CPU to run on, with <see cref="BpfTestRunFlags.OnCpu"/>.</summary>
    public int Cpu { get; init; }

    /// <summary>Packets that are sent at a time, with <see cref="BpfTestRunFlags.XdpLiveFrames"/>; 0 leaves it to the kernel.</summary>
    public int BatchSize { get; init; }

    internal string? HintFor(int error)
    {
        if (error != Errno.EINVAL)
            return null;
        foreach ((BpfTestRunFlags flag, string since) in new[] { (BpfTestRunFlags.OnCpu, "5.10"), (BpfTestRunFlags.XdpLiveFrames, "5.18"), (BpfTestRunFlags.ChecksumComplete, "6.7") })
        {
            if (Flags.HasFlag(flag) && new Version(since) > KernelVersion.Current)
                return $"{flag} needs Linux {since}; this is Linux {KernelVersion.Release}.";
        }

        return "Kinds of programs differ in what they take: packets are for networking kinds, a context for most, a number of runs not for all.";
    }
}

/// <summary>Ways of test-running a program (<c>BPF_F_TEST_…</c> of include/uapi/linux/bpf.h).</summary>
[Flags]
public enum BpfTestRunFlags
{
    /// <summary>On whatever CPU, on a copy of the packet.</summary>
    None = 0,

    /// <summary>On a given CPU; raw tracepoints alone. Linux 5.10.</summary>
    OnCpu = 1 << 0,

    /// <summary>XDP programs on real packets, which go on as the program decides: sent, redirected, or to the network stack. Linux 5.18.</summary>
    XdpLiveFrames = 1 << 1,

    /// <summary>As if the network device had summed the packet up. Linux 6.7.</summary>
    ChecksumComplete = 1 << 2,
}
