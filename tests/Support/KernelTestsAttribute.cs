using Xunit.v3;

namespace P3Ebpf.TestSupport;

/// <summary>
/// A class of tests that use the running kernel. They run alone, because they count descriptors and look at mounts, and
/// tests/kernels/run repeats them (trait Needs=Kernel) under other kernels.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KernelTestsAttribute : Attribute, ICollectionAttribute, ITraitAttribute
{
    private const string Collection = "Kernel";

    string ICollectionAttribute.Name => Collection;

    Type? ICollectionAttribute.Type => null;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Needs", "Kernel")];

    [CollectionDefinition(Collection, DisableParallelization = true)]
    public sealed class Definition;
}
