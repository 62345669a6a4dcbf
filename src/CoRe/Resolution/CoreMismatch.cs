using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>Notes why a candidate does not fit, for somebody who asked. Absent in the ordinary run, so that it formats no text.</summary>
internal sealed class CoreMismatch
{
    /// <summary>Which accessor of the local access failed, counted from 0 for the root.</summary>
    public int Accessor { get; set; }

    /// <summary>Where a named member was looked for last.</summary>
    public BtfType Container { get; set; }

    /// <summary>The first reason, as a sentence without a full stop.</summary>
    public string? Reason { get; private set; }

    /// <summary>Notes a reason; of several the innermost, which is found first, stays.</summary>
    public void Because(string reason) => Reason ??= reason;
}
