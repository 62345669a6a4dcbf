namespace P3Ebpf.Btf;

/// <summary>How much a finding matters, and to whom.</summary>
public enum BtfFindingSeverity
{
    /// <summary>Odd, but every reader takes it.</summary>
    Info,

    /// <summary>libbpf and this library read it; a kernel, or an older libbpf, refuses it, or names or ids come out wrong.</summary>
    Warning,

    /// <summary>libbpf refuses the file, and so does <see cref="BtfSpec.Parse"/>.</summary>
    Error,
}
