using P3Ebpf.Btf;

namespace P3Ebpf.CoRe;

/// <summary>A kernel module whose types can be relocated against; its BTF is read only when it is needed.</summary>
/// <param name="name">The module's name.</param>
/// <param name="read">
/// Reads its BTF, with the kernel's as base. A <see cref="BtfFormatException"/>, <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/> makes a warning, not a failure; other exceptions pass.
/// </param>
public sealed class CoreModule(string name, Func<BtfSpec> read)
{
    /// <summary>The module's name.</summary>
    public string Name { get; } = name;

    internal BtfSpec Read() => read();
}
