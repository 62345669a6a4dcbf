namespace P3Ebpf.Loader.Running;

/// <summary>What the kernel tells about BTF it holds.</summary>
/// <param name="Id">The kernel's number for it.</param>
/// <param name="Name"><c>vmlinux</c>, a module's name, or empty for BTF of programs.</param>
/// <param name="IsKernel">Whether it is the kernel's or a module's.</param>
/// <param name="Size">Bytes of raw BTF.</param>
public sealed record BtfObjectInfo(uint Id, string Name, bool IsKernel, int Size);
