namespace P3Ebpf.Loader.Tests;

/// <summary>Tests that use the kernel run alone: they count descriptors and look at mounts.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class KernelCollection
{
    public const string Name = "Kernel";
}
