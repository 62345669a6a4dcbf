namespace P3Ebpf.Btf;

/// <summary>What a check says of the file as a whole.</summary>
public enum BtfVerdict
{
    /// <summary>libbpf and this library read it.</summary>
    Good,

    /// <summary>It was BTF, and something has damaged it; or what made it is broken.</summary>
    Damaged,

    /// <summary>It continues the BTF of another file (a module's BTF that of vmlinux), which was not given.</summary>
    NeedsBase,

    /// <summary>It does not continue the base that was given.</summary>
    WrongBase,

    /// <summary>It is healthy as far as can be seen, but has kinds of types that are newer than this library.</summary>
    NeedsNewerReader,

    /// <summary>It is something else.</summary>
    NotBtf,
}
