namespace P3Ebpf.TestSupport;

internal static partial class Requires
{
    /// <summary><see cref="Bpf"/>, on a kernel that has this.</summary>
    public static void Feature(KernelFeature feature)
    {
        Bpf();
        Assert.SkipUnless(feature.IsSupported(), feature.Requirement());
    }

    /// <summary><see cref="Bpf"/>, on a kernel that knows this type of map.</summary>
    public static void Map(BpfMapType type) => Kernel(type.Since().ToString(2), $"maps of type {type}");
}
