namespace P3Ebpf.Doctor.Examinations;

/// <summary>What the system permits and has, as examined.</summary>
internal sealed class SystemSubject
{
    public Version? Kernel { get; init; }

    public Capabilities? Capabilities { get; init; }

    /// <summary>The lockdown mode: none, integrity or confidentiality.</summary>
    public string? Lockdown { get; init; }

    public int? PerfEventParanoid { get; init; }

    public bool HasTraceFs { get; init; }

    /// <summary>Why BPF may be refused here, beside missing capabilities.</summary>
    public IReadOnlyList<string> Restrictions { get; init; } = [];
}
