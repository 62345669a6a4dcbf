namespace P3Ebpf.TestSupport;

/// <summary>The captured BTF of testdata/btf, by name, with the base of each module's.</summary>
internal static class CapturedBtf
{
    public const string Kernel510 = "vmlinux-5.10.0-46-cloud-amd64";
    public const string Kernel61 = "vmlinux-6.1.0-56-cloud-amd64";
    public const string Kernel612 = "vmlinux-6.12.117-amd64";
    public const string Kernel72 = "vmlinux-7.2.13-amd64";
    public const string KernelArm64 = "vmlinux-7.2.13-cloud-arm64";
    public const string KernelS390x = "vmlinux-7.2.13-s390x";
    public const string KernelArmhf = "vmlinux-7.2.13-armhf";

    /// <summary>Name, types (those of the base not counted), and the base's name; the numbers are bpftool's.</summary>
    public static TheoryData<string, int, string?> All { get; } = new()
    {
        { Kernel510, 77828, null },
        { Kernel61, 95246, null },
        { Kernel612, 113921, null },
        { Kernel72, 124639, null },
        { KernelArm64, 124516, null },
        { KernelS390x, 93592, null },
        { KernelArmhf, 124129, null },
        { "mod-6.12.117-amd64.bridge", 1123, Kernel612 },
        { "mod-6.12.117-amd64.nf_conntrack", 647, Kernel612 },
        { "mod-7.2.13-amd64.bridge", 2081, Kernel72 },
        { "mod-7.2.13-amd64.nf_conntrack", 1473, Kernel72 },
    };

    public static Btf.BtfSpec Read(string name, string? baseName = null) =>
        Btf.BtfSpec.Parse(TestData.Btf(name), new Btf.BtfReadOptions { Base = baseName is null ? null : Read(baseName), Source = name });
}
