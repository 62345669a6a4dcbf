namespace P3Ebpf.Loader.Links;

/// <summary>What a perf event counts (<c>enum perf_type_id</c>). Other numbers are those of <c>/sys/bus/event_source/devices/*/type</c>.</summary>
public enum BpfPerfEventType
{
    /// <summary>The processor's counters by general names: 0 cycles, 1 instructions, 2 cache references, 3 cache misses, …</summary>
    Hardware = 0,

    /// <summary>The kernel's counters: 0 processor clock, 1 task clock, 2 page faults, 3 context switches, …</summary>
    Software = 1,

    /// <summary>A tracepoint, by its id.</summary>
    Tracepoint = 2,

    /// <summary>The processor's cache counters: cache, operation and result.</summary>
    HardwareCache = 3,

    /// <summary>The processor's counters by its own numbers.</summary>
    Raw = 4,
}

/// <summary>A perf event to open for a program: what is counted, how often the program runs, and whom and where it concerns.</summary>
public sealed record BpfPerfEvent
{
    private const ulong SampleByFrequency = 1 << 10; // perf_event_attr.freq

    /// <summary>Whose counter.</summary>
    public required BpfPerfEventType Type { get; init; }

    /// <summary>Which of them.</summary>
    public required ulong Config { get; init; }

    /// <summary>After how many events the program runs; 0 where <see cref="Frequency"/> says it.</summary>
    public ulong Period { get; init; }

    /// <summary>How many times a second the program runs, about; the kernel chooses the period.</summary>
    public ulong Frequency { get; init; }

    /// <summary>The process to watch; <see langword="null"/> for all, on one <see cref="Cpu"/>.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The processor to watch; <see langword="null"/> for all, of one <see cref="ProcessId"/>. A whole machine takes an event on each of
    /// <see cref="KernelCpus.Online"/>.</summary>
    public int? Cpu { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"perf event {Type} {Config}{(Cpu is { } cpu ? $" on CPU {cpu}" : string.Empty)}{(ProcessId is { } pid ? $" of process {pid}" : string.Empty)}";

    internal PerfEventAttr ToAttributes()
    {
        if (Period == 0 == (Frequency == 0))
            throw new ArgumentException("Either a period or a frequency must be given.");
        if (ProcessId is null && Cpu is null)
            throw new ArgumentException("The kernel opens no event for all processes on all processors; name one or the other.");
        PerfEventAttr attributes = default;
        attributes.Type = (uint)Type;
        attributes.Config = Config;
        attributes.SamplePeriod = Frequency != 0 ? Frequency : Period;
        attributes.Flags = Frequency != 0 ? SampleByFrequency : 0;
        return attributes;
    }
}
