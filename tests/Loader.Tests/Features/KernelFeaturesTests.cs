namespace P3Ebpf.Loader.Tests;

[KernelTests]
public sealed class KernelFeaturesTests
{
    public static TheoryData<string> All => [.. KernelFeature.All.Select(feature => feature.Name)];

    // Distributions backport, but what a kernel's version promises it must have; and our test kernels are not backports.
    [Theory]
    [MemberData(nameof(All))]
    public void Probes_agree_with_the_kernels_version(string name)
    {
        KernelFeature feature = KernelFeature.All.Single(each => each.Name == name);
        Requires.Bpf();
        string[] before = OpenDescriptors.OfTheKernel;
        bool expected = KernelVersion.Current >= feature.Since;
        Assert.SkipWhen(expected && feature == KernelFeature.KprobeMulti && !HasSymbol("register_fprobe"), "This kernel was built without fprobe.");
        Assert.SkipWhen(expected && feature == KernelFeature.UprobeMulti && !HasSymbol("uprobe_register"), "This kernel was built without uprobes.");
        feature.IsSupported().Should().Be(expected, $"{feature.Requirement()}, this is {KernelVersion.Current}");
        OpenDescriptors.Beyond(before).Should().BeEmpty();
    }

    [Theory]
    [InlineData("6.1.0-56-cloud-amd64", "6.1.0")]
    [InlineData("6.18.44-fc-v669", "6.18.44")]
    [InlineData("7.3-rc1", "7.3.0")]
    [InlineData("nonsense", "0.0.0")]
    public void Releases_are_understood(string release, string version) => KernelVersion.Parse(release).Should().Be(Version.Parse(version));

    [Theory]
    [InlineData("0-3,8\n", new[] { 0, 1, 2, 3, 8 })]
    [InlineData("0", new[] { 0 })]
    public void Lists_of_cpus_are_understood(string text, int[] cpus) => KernelCpus.Parse(text).Should().Equal(cpus);

    [Theory]
    [InlineData("")]
    [InlineData("3-1")]
    [InlineData("0-99999999")]
    public void Other_lists_of_cpus_are_refused(string text) =>
        FluentActions.Invoking(() => KernelCpus.Parse(text)).Should().Throw<FormatException>();

    [Theory]
    [InlineData(1, "EPERM")]
    [InlineData(524, "ENOTSUPP")]
    [InlineData(95, "EOPNOTSUPP")]
    [InlineData(9999, "9999")]
    public void Errors_have_names(int error, string name) => Errno.NameOf(error).Should().Be(name);

    [Fact]
    public void A_missing_permission_is_told_apart()
    {
        new BpfException("doing it", 1, BpfCommand.MapCreate).Should().Match<BpfException>(e => e.Kind == BpfFailureKind.NotPermitted && e.IsNotPermittedOrSupported);
        new BpfException("doing it", 13, BpfCommand.ProgLoad).Kind.Should().Be(BpfFailureKind.Failed, "EACCES is the verifier's verdict");
        new BpfException("doing it", 524).Kind.Should().Be(BpfFailureKind.NotSupported);
    }

    private static bool HasSymbol(string name) => File.ReadLines("/proc/kallsyms").Any(line => line.Split(' ')[2].Split('\t')[0] == name);
}
