using P3Ebpf.TestSupport;

namespace P3Ebpf.Btf.Tests;

/// <summary>The captured BTF of testdata/btf, by name, with the base of each module's.</summary>
internal static class CapturedBtf
{
    /// <summary>Name, types (those of the base not counted), and the base's name; the numbers are bpftool's.</summary>
    public static TheoryData<string, int, string?> All { get; } = new()
    {
        { "vmlinux-5.10.0-46-cloud-amd64", 77828, null },
        { "vmlinux-6.1.0-56-cloud-amd64", 95246, null },
        { "vmlinux-6.12.117-amd64", 113921, null },
        { "vmlinux-7.2.13-amd64", 124639, null },
        { "vmlinux-7.2.13-cloud-arm64", 124516, null },
        { "vmlinux-7.2.13-s390x", 93592, null },
        { "vmlinux-7.2.13-armhf", 124129, null },
        { "mod-6.12.117-amd64.bridge", 1123, "vmlinux-6.12.117-amd64" },
        { "mod-6.12.117-amd64.nf_conntrack", 647, "vmlinux-6.12.117-amd64" },
        { "mod-7.2.13-amd64.bridge", 2081, "vmlinux-7.2.13-amd64" },
        { "mod-7.2.13-amd64.nf_conntrack", 1473, "vmlinux-7.2.13-amd64" },
    };

    public static BtfSpec Read(string name, string? baseName = null) =>
        BtfSpec.Parse(TestData.Btf(name), new BtfReadOptions { Base = baseName is null ? null : Read(baseName), Source = name });
}
